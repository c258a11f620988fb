// A value and the node that made it. Without a node it is a constant: no gradient flows into it.
// On this type the words of the rules record nodes, which is how second derivatives come about.
#pragma once

#include <span>

#include "graph/node.hpp"
#include "ops/params.hpp"
#include "ops/value.hpp"

namespace rg {

struct Tensor {
    using is_value = void;

    Array value;
    NodePtr node;

    Tensor() noexcept = default;
    explicit Tensor(Array v) noexcept : value(std::move(v)) {}
    Tensor(Array v, NodePtr n) noexcept : value(std::move(v)), node(std::move(n)) {}

    const Layout* layout() const noexcept { return value.layout(); }
    // The node that a gradient flows to, or null.
    Node* recorded() const noexcept { return node && !node->is_carrier() ? node.get() : nullptr; }
};

// Sum, reshape and their like, with the signatures of ops/array_ops.hpp.
Tensor sum(const Tensor& a, const Axes& axes);
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor reshape(const Tensor& a, const Dims& shape);
Tensor transpose(const Tensor& a, const Permutation& p);
Tensor broadcast_to(const Tensor& a, const Dims& shape);
Tensor getitem(const Tensor& a, const Place& p);
Tensor scatter(const Tensor& a, const Place& p);
Tensor setitem(Tensor&& a, const Tensor& v, const Place& p);
Tensor join(Tensor&& a, const Tensor& v, const Place& p);
Tensor cumsum(const Tensor& a, const Scan& s);
Tensor recurrence(const Tensor& a, const Tensor& b, const Scan& s);
Tensor cast(const Tensor& a, const Target& t);
Tensor real(const Tensor& z);
Tensor imag(const Tensor& z);
Tensor conj(const Tensor& z);
Tensor complex(const Tensor& re, const Tensor& im);
inline Tensor own(const Tensor& a) { return a; }

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a);
Tensor where(const Tensor& c, const Tensor& a, const Tensor& b);

// Masks: ones and zeros, constant.
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor isnan(const Tensor& a);
inline Tensor equal(const Tensor& a, const Tensor& b) { return a == b; }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return b > a; }
Tensor both(const Tensor& a, const Tensor& b);
Tensor either(const Tensor& a, const Tensor& b);

inline Tensor lift(op::Const c, const Tensor& like) {
    return Tensor(Array::scalar(like.value.dtype(), c.v));
}

// The generic words with literals are found through the argument's namespace.
using op::operator+, op::operator-, op::operator*, op::operator/;
using op::operator==, op::operator>, op::operator<;

}  // namespace rg
