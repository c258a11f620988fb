#include "ops/blocks.hpp"

#include <algorithm>

#include "array/view.hpp"
#include "ops/vector_math.hpp"

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
    with_number(dtype_, [&](auto t) {
        using T = decltype(t);
        std::fill_n(reinterpret_cast<T*>(all.at), count_, *reinterpret_cast<const T*>(number.at));
    });
    return all;
}

Block Workspace::apply(const OpInfo& op, std::initializer_list<Block> operands) {
    bool numbers = true;
    for (const Block& b : operands) numbers = numbers && b.stride == 0;
    Block y;
    char* args[kMaxArity + 1];
    std::intptr_t strides[kMaxArity + 1];
    int k = 0;
    for (Block b : operands) {
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

void dense_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void* data) {
    const auto& [kernel, dtype, n] = *static_cast<const Replaced*>(data);
    const std::intptr_t step = itemsize(dtype), steps[] = {step, step, step, step};
    bool dense = true;
    for (int k = 0; k <= n; ++k) dense = dense && strides[k] == step;
    if (dense || dims[0] == 1) return kernel(args, dims, steps);
    Workspace space(dtype);
    for (std::intptr_t done = 0; done < dims[0]; done += space.capacity()) {
        const std::intptr_t count = std::min(space.capacity(), dims[0] - done);
        space.start(count);
        char* at[kMaxArity + 1];
        for (int k = 0; k < n; ++k) {
            const Block b = space.operand(args[k] + done * strides[k], strides[k]);
            at[k] = (b.stride ? b : space.filled(b)).at;
        }
        const Block y = space.take();
        at[n] = y.at;
        kernel(at, &count, steps);
        space.store(y, args[n] + done * strides[n], strides[n], false);
    }
}

}  // namespace rg::op
