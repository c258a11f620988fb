// All operations as one table; the place of a rule in the type list is its id.
#pragma once

#include <array>

#include "ops/elementwise_list.hpp"
#include "ops/op.hpp"
#include "ops/structural.hpp"

namespace rg {

namespace op {

// A rule that the user wrote in Python; the graph's host runs it.
struct Custom {
    static constexpr auto name = "custom", symbol = "custom";
};

using All = Concat<Concat<Elementwise, Auxiliary>, Concat<Structural, TypeList<Custom>>>;

}  // namespace op

inline constexpr std::size_t kOpCount = op::All::size;
extern const std::array<OpInfo, kOpCount> op_table;

template <class Op>
const OpInfo& info() {
    return op_table[index_in<Op>(op::All{})];
}

template <class Op, op::Number T>
T op::by_kernel(const T* operands) {
    constexpr std::intptr_t one = 1, step = sizeof(T), strides[] = {step, step, step, step};
    const OpInfo& of = info<Op>();
    T y;
    char* args[kMaxArity + 1];
    for (int k = 0; k < of.arity; ++k) {
        args[k] = reinterpret_cast<char*>(const_cast<T*>(operands + k));
    }
    args[of.arity] = reinterpret_cast<char*>(&y);
    forward_kernel(of, dtype_of<T>)(args, &one, strides);
    return y;
}

}  // namespace rg
