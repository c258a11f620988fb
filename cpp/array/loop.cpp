#include "array/loop.hpp"

#include <cstdlib>

namespace rg {

void (*interrupt_hook)() = nullptr;

namespace {

// About a millisecond of the dearest kernel.
constexpr std::int64_t kPiece = 1 << 16;

void run_line(char* const* args, int count, std::int64_t n, const std::intptr_t* strides,
              Kernel kernel, Cut cut) {
    const std::int64_t piece = cut == Cut::Anywhere ? kPiece : n;
    for (std::int64_t done = 0; done < n; done += piece) {
        const std::intptr_t dims = std::min(piece, n - done);
        // Pointers of its own for every call: NumPy's matmul loop advances those it is given.
        char* at[kMaxOperands];
        for (int k = 0; k < count; ++k) at[k] = args[k] + done * strides[k];
        kernel(at, &dims, strides);
        if (n > piece) poll();
    }
}

// Drops axes of length one and merges neighbours that all operands walk as one.
void coalesce(Dims& shape, std::span<Operand> operands) {
    int kept = 0;
    for (int i = 0; i < shape.size(); ++i) {
        if (shape[i] == 1) continue;
        bool merge = kept > 0;
        for (const Operand& o : operands) {
            merge = merge && o.strides[kept - 1] == o.strides[i] * shape[i];
        }
        const int to = merge ? kept - 1 : kept++;
        shape[to] = merge ? shape[to] * shape[i] : shape[i];
        for (Operand& o : operands) o.strides[to] = o.strides[i];
    }
    shape.resize(kept);
}

}  // namespace

Operand::Operand(const Array& a, const Dims& shape)
    : data(const_cast<char*>(a.data())), strides(shape.size(), 0) {
    const int lead = shape.size() - a.ndim();
    const std::int64_t* dims = a.layout()->shape();
    const std::int64_t* steps = a.layout()->strides();
    for (int i = 0; i < a.ndim(); ++i) strides[lead + i] = dims[i] == 1 ? 0 : steps[i];
}

void iterate(const Dims& shape, std::span<Operand> operands, Kernel kernel, Cut cut) {
    for (std::int64_t d : shape) {
        if (d == 0) return;
    }
    Dims dims = shape;
    coalesce(dims, operands);
    const int count = int(operands.size());
    char* at[kMaxOperands];
    std::intptr_t inner[kMaxOperands];
    const int outer = dims.size() - 1;
    for (int k = 0; k < count; ++k) {
        at[k] = operands[k].data;
        inner[k] = dims.empty() ? 0 : operands[k].strides[outer];
    }
    if (outer <= 0) return run_line(at, count, dims.empty() ? 1 : dims[0], inner, kernel, cut);

    Dims index(outer, 0);
    std::int64_t since_poll = 0;
    for (;;) {
        run_line(at, count, dims[outer], inner, kernel, cut);
        if (cut != Cut::Nowhere && (since_poll += dims[outer]) >= kPiece) {
            since_poll = 0;
            poll();
        }
        int axis = outer - 1;
        for (; axis >= 0; --axis) {
            for (int k = 0; k < count; ++k) at[k] += operands[k].strides[axis];
            if (++index[axis] < dims[axis]) break;
            for (int k = 0; k < count; ++k) at[k] -= operands[k].strides[axis] * dims[axis];
            index[axis] = 0;
        }
        if (axis < 0) return;
    }
}

void iterate_flat(std::int64_t n, std::span<char*> operands, std::span<const std::intptr_t> strides,
                  Kernel kernel) {
    if (n)
        run_line(operands.data(), int(operands.size()), n, strides.data(), kernel, Cut::Anywhere);
}

}  // namespace rg
