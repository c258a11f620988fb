#include "array/loop.hpp"

#include <functional>
#include <numeric>

namespace rg {

namespace {

void run_line(char* const* args, int count, std::int64_t n, const std::intptr_t* strides,
              Kernel kernel, Cut cut, std::int64_t work) {
    const auto part = [=](std::int64_t begin, std::int64_t size) {
        const std::intptr_t dims = size;
        // Pointers of its own for every call: NumPy's matmul loop advances those it is given.
        char* at[kMaxOperands];
        for (int k = 0; k < count; ++k) at[k] = args[k] + begin * strides[k];
        kernel(at, &dims, strides);
    };
    if (cut == Cut::BetweenLines) return part(0, n);
    for_pieces(n, work, part, cut != Cut::WithoutStop);
}

// Lines one after the other, for shapes of more than one axis.
void run_lines(const Dims& dims, std::span<const Operand> operands, Kernel kernel, Cut cut,
               std::int64_t work) {
    const int count = int(operands.size()), outer = dims.size() - 1;
    char* at[kMaxOperands];
    std::intptr_t inner[kMaxOperands];
    for (int k = 0; k < count; ++k) {
        at[k] = operands[k].data;
        inner[k] = operands[k].strides[outer];
    }
    Dims index(outer, 0);
    std::int64_t since_poll = 0;
    for (;;) {
        run_line(at, count, dims[outer], inner, kernel, cut, work);
        if (cut != Cut::WithoutStop && (since_poll += dims[outer] * work) >= kLeastWork) {
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

// A part of a shape and where its operands lie.
struct Block {
    Dims dims;
    Operand at[kMaxOperands];
    std::size_t count;

    Block(const Dims& shape, std::span<const Operand> operands)
        : dims(shape), count(operands.size()) {
        std::copy(operands.begin(), operands.end(), at);
    }
    Block range(int axis, std::int64_t begin, std::int64_t size) const {
        Block b = *this;
        b.dims[axis] = size;
        for (std::size_t k = 0; k < count; ++k) b.at[k].data += begin * at[k].strides[axis];
        return b;
    }
    std::int64_t size() const {
        return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
    }
};

// Shorter pieces of the innermost axis would be more calls than work.
constexpr std::int64_t kShortLine = 512;

// The axis whose pieces go to the threads, the outermost that has some for each; -1: none.
int axis_to_share(const Block& all, Cut cut, int threads) {
    int axis = -1;
    std::int64_t most = 1;
    for (int i = 0; i < all.dims.size(); ++i) {
        if (cut == Cut::BetweenLines && all.at[all.count - 1].strides[i] == 0) continue;
        const std::int64_t n = all.dims[i] / (i + 1 < all.dims.size() ? 1 : kShortLine);
        if (n >= 4 * threads) return i;
        if (n > most) axis = i, most = n;
    }
    return axis;
}

// Lines on several threads.
void share_lines(const Block& all, int axis, Kernel kernel, Cut cut, std::int64_t work) {
    const std::int64_t n = all.dims[axis], grain = axis + 1 < all.dims.size() ? 1 : kShortLine;
    const auto part = [&](std::int64_t begin, std::int64_t count) {
        begin *= grain;
        const Block b = all.range(axis, begin, std::min(count * grain, n - begin));
        run_lines(b.dims, {b.at, b.count}, kernel, cut, work);
    };
    const std::int64_t each = all.size() / n * grain * work;
    for_pieces((n + grain - 1) / grain, each, part, cut != Cut::WithoutStop);
}

}  // namespace

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

Operand::Operand(const Array& a, const Dims& shape)
    : data(const_cast<char*>(a.data())), strides(shape.size(), 0) {
    const int lead = shape.size() - a.ndim();
    const std::int64_t* dims = a.layout()->shape();
    const std::int64_t* steps = a.layout()->strides();
    for (int i = 0; i < a.ndim(); ++i) strides[lead + i] = dims[i] == 1 ? 0 : steps[i];
}

void iterate(const Dims& shape, std::span<Operand> operands, Kernel kernel, Cut cut,
             std::int64_t work) {
    std::int64_t total = 1;
    for (std::int64_t d : shape) total *= d;
    if (total == 0) return;
    Dims dims = shape;
    coalesce(dims, operands);
    if (dims.size() < 2) {
        char* at[kMaxOperands];
        std::intptr_t strides[kMaxOperands];
        const int count = int(operands.size());
        for (int k = 0; k < count; ++k) {
            at[k] = operands[k].data;
            strides[k] = dims.empty() ? 0 : operands[k].strides[0];
        }
        return run_line(at, count, total, strides, kernel, cut, work);
    }
    const Block all(dims, operands);
    const int threads = total * work >= kLeastWork ? team::size() : 1;
    const int axis = threads > 1 ? axis_to_share(all, cut, threads) : -1;
    if (axis < 0) return run_lines(dims, operands, kernel, cut, work);
    // Not more in one region than may pass before somebody asks for signals.
    constexpr std::int64_t kMost = kRegionWork << 4;
    const std::int64_t chunk = std::max<std::int64_t>(1, kMost / (total / dims[0] * work));
    for (std::int64_t i = 0; i < dims[0]; i += chunk) {
        share_lines(all.range(0, i, std::min(chunk, dims[0] - i)), axis, kernel, cut, work);
    }
}

void iterate_flat(std::int64_t n, std::span<char*> operands, std::span<const std::intptr_t> strides,
                  Kernel kernel, std::int64_t work) {
    if (!n) return;
    run_line(operands.data(), int(operands.size()), n, strides.data(), kernel, Cut::Anywhere, work);
}

}  // namespace rg
