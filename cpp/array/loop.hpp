// The kernel signature, which is that of NumPy's inner loops, so theirs can stand in for ours, and
// the driver that feeds a kernel operands of any strides.
#pragma once

#include <cstdint>
#include <span>

#include "array/array.hpp"
#include "array/parallel.hpp"

namespace rg {

using Loop = void (*)(char** args, const std::intptr_t* dims, const std::intptr_t* strides,
                      void* data);

struct Kernel {
    Loop loop = nullptr;
    void* data = nullptr;

    void operator()(char** args, const std::intptr_t* dims, const std::intptr_t* strides) const {
        loop(args, dims, strides, data);
    }
};

inline constexpr int kMaxOperands = 8;

// Where one operand of a loop lies: its strides are already those of the loop's shape.
struct Operand {
    char* data = nullptr;
    Dims strides;

    Operand() = default;

    // `a` broadcast to `shape`, which it must fit.
    Operand(const Array& a, const Dims& shape);
    Operand(char* at, const Dims& step) : data(at), strides(step) {}
};

// Where a loop may be cut into pieces. A pairwise sum needs its innermost axis in one call, and the
// whole of the axes it sums over on one thread; a write to memory that outlives a failure must not
// stop half way.
enum class Cut { Anywhere, BetweenLines, WithoutStop };

// Drops axes of length one and merges neighbours that all operands walk as one.
void coalesce(Dims& shape, std::span<Operand> operands);

// Runs the kernel over all elements of `shape`, the innermost axis as one call per piece. `work` is
// that of one element, see parallel.hpp.
void iterate(const Dims& shape, std::span<Operand> operands, Kernel kernel, Cut cut = Cut::Anywhere,
             std::int64_t work = 1);

// The same for operands that are all contiguous and equally shaped.
void iterate_flat(std::int64_t n, std::span<char*> operands, std::span<const std::intptr_t> strides,
                  Kernel kernel, std::int64_t work = 1);

}  // namespace rg
