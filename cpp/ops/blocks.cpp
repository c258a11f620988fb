#include "ops/blocks.hpp"

#include <algorithm>

#include "array/view.hpp"

namespace rg::op {

Block Workspace::operand(char* at, std::intptr_t stride) {
    if (stride == step_ || stride == 0) return {at, stride, this};
    const Block dense = take();
    char* args[] = {at, dense.at};
    const std::intptr_t strides[] = {stride, step_};
    copy_kernel(dtype_)(args, &count_, strides);
    return dense;
}

Block Workspace::constant(double v) {
    Block b = take();
    b.stride = 0;
    with_number(dtype_, [&](auto t) { *reinterpret_cast<decltype(t)*>(b.at) = decltype(t)(v); });
    return b;
}

Block Workspace::filled(Block number) {
    const Block all = take();
    store(number, all.at, step_, false);
    return all;
}

// A function gets no stride but that of an element: NumPy's loops have other bits for others.
Block Workspace::apply(const OpInfo& op, std::initializer_list<Block> operands) {
    bool numbers = true;
    for (const Block& b : operands) numbers = numbers && b.stride == 0;
    Block y;
    char* args[kMaxArity + 1];
    std::intptr_t strides[kMaxArity + 1];
    int k = 0;
    for (Block b : operands) {
        if (!op.direct && !numbers && b.stride == 0) b = filled(b);
        args[k] = b.at;
        strides[k++] = numbers ? step_ : b.stride;
    }
    y = take();
    args[k] = y.at;
    strides[k] = step_;
    const std::intptr_t count = numbers ? 1 : count_;
    forward_kernel(op, dtype_)(args, &count, strides);
    if (numbers) y.stride = 0;
    return y;
}

void Workspace::store(Block from, char* to, std::intptr_t stride, bool add) {
    if (add) {
        char* args[] = {to, from.at, to};
        const std::intptr_t strides[] = {stride, from.stride, stride};
        forward_kernel(info<Add>(), dtype_)(args, &count_, strides);
    } else {
        char* args[] = {from.at, to};
        const std::intptr_t strides[] = {from.stride, stride};
        copy_kernel(dtype_)(args, &count_, strides);
    }
}

void run_blocks(const BlockText& text, DType dtype, bool add, char* out, std::intptr_t out_stride,
                char* const* args, const std::intptr_t* strides, std::intptr_t count) {
    Workspace space(dtype);
    for (std::intptr_t done = 0; done < count; done += space.capacity()) {
        space.start(std::min(space.capacity(), count - done));
        Block in[kMaxOperands];
        for (int k = 0; k < text.operands; ++k) {
            in[k].in = &space;
            if (!(text.reads >> k & 1)) continue;
            const std::intptr_t step = count > 1 ? strides[k] : 0;
            in[k] = space.operand(args[k] + done * step, step);
        }
        space.store(text.run(in), out + done * out_stride, out_stride, add);
    }
}

}  // namespace rg::op
