// Vector mathematics: kernels for functions of which the CPU at hand can compute several at once.
#pragma once

#include "array/loop.hpp"
#include "ops/op.hpp"

namespace rg {

// What takes an operation's place in a table of kernels, with its operands as that place had them.
struct Replaced {
    Kernel kernel;
    DType dtype = DType::f64;
    int operands = 1;
};

// A loop that computes `op` on real numbers; null where there is none, also for lack of hardware.
// Its `data` is the Replaced kernel, which computes the elements whose value needs more care.
Loop vector_loop(const OpInfo& op, DType dtype);

}  // namespace rg
