// Whole backwards, as bind does them: mark, walk, take what has arrived at the leaves.
#pragma once
#include "arrays.hpp"
#include "graph/run.hpp"

namespace rg {

inline Array ones_like(const Array& a) { return filled(a.dtype(), 1, a.shape()); }

// The cotangents of `leaves`; an empty array where none has arrived.
inline std::vector<Array> backward(const Tensor& y, const std::vector<Tensor>& leaves,
                                   bool retain = true) {
    Run run(y.node.get(), retain);
    while (!run.mark(100)) {
    }
    run.walk(ones_like(y.value));
    std::vector<Array> grads;
    for (const Tensor& x : leaves) grads.push_back(run.cotangent(*x.node));
    return grads;
}

// The same as tensors that have derivatives themselves.
inline std::vector<Tensor> backward_recording(const Tensor& y, const std::vector<Tensor>& leaves) {
    Run run(y.node.get(), true);
    while (!run.mark(100)) {
    }
    const auto all = run.walk_recording(Tensor(ones_like(y.value)));
    std::vector<Tensor> grads;
    for (const Tensor& x : leaves) {
        grads.emplace_back();
        for (const auto& [node, g] : all) {
            if (node == x.node.get()) grads.back() = g;
        }
    }
    return grads;
}

// d^order y / dx^order of one operation on a scalar, by recording walks.
inline Tensor derivative(Tensor y, const Tensor& x, int order) {
    for (; order > 0 && y.node; --order) y = backward_recording(y, {x})[0];
    return order > 0 ? Tensor(Array(0.0)) : y;
}

}  // namespace rg
