// A rule run on blocks: some hundred elements at a time, every word of it one call of that word's
// forward kernel. So a rule that contains functions is as quick as the kernels of these functions,
// and gives their bits.
#pragma once

#include <initializer_list>

#include "ops/registry.hpp"

namespace rg::op {

class Workspace;

// The elements of an operand or of an intermediate; with stride 0, one number for all of them.
struct Block {
    using is_value = void;
    char* at = nullptr;
    std::intptr_t stride = 0;
    Workspace* in = nullptr;
};

// Where the blocks of one rule lie.
class Workspace {
public:
    static constexpr std::intptr_t kBytes = 1024;  // of a block: all of them stay in the L1 cache
    static constexpr int kSlots = 24;

    explicit Workspace(DType dtype) : dtype_(dtype), step_(itemsize(dtype)) {}

    std::intptr_t capacity() const { return kBytes / step_; }
    void start(std::intptr_t count) { count_ = count, used_ = 0; }

    // As a kernel wants it: elements without gaps, or one number.
    Block operand(char* at, std::intptr_t stride);
    Block constant(double v);
    Block apply(const OpInfo& op, std::initializer_list<Block> operands);
    void store(Block from, char* to, std::intptr_t stride, bool add);
    Block filled(Block number);

    Block take() { return {memory_ + kBytes * used_++, step_, this}; }

private:
    DType dtype_;
    std::intptr_t step_, count_ = 0;
    int used_ = 0;
    alignas(64) char memory_[kBytes * kSlots];
};

inline Block lift(Const c, Block like) { return like.in->constant(c.v); }

template <class Op, class... B>
    requires(std::same_as<B, Block> && ...)
Block call(Block x, B... more) {
    return x.in->apply(info<Op>(), {x, more...});
}

inline Block operator-(Block a) { return call<Neg>(a); }
inline Block operator+(Block a, Block b) { return call<Add>(a, b); }
inline Block operator-(Block a, Block b) { return call<Sub>(a, b); }
inline Block operator*(Block a, Block b) { return call<Mul>(a, b); }
inline Block operator/(Block a, Block b) { return call<Div>(a, b); }
inline Block operator==(Block a, Block b) { return call<Equal>(a, b); }
inline Block operator>(Block a, Block b) { return call<Greater>(a, b); }
inline Block operator<(Block a, Block b) { return call<Greater>(b, a); }
inline Block isnan(Block a) { return call<IsNan>(a); }
inline Block where(Block c, Block a, Block b) { return call<Where>(c, a, b); }
inline Block either(Block a, Block b) { return where(a, a, b); }
inline Block both(Block a, Block b) { return where(a, b, a); }

// What a kernel over arrays needs to run a text by blocks: args are the output, then operands of
// which those in `reads` are used.
struct BlockText {
    Block (*run)(const Block* operands);
    unsigned reads;
    int operands;
};

void run_blocks(const BlockText& text, DType dtype, bool add, char* out, std::intptr_t out_stride,
                char* const* args, const std::intptr_t* strides, std::intptr_t count);

// Calls the Replaced kernel `data` with operands and results without gaps, whatever the strides:
// NumPy's functions give other bits on others, and one value must have one answer.
void dense_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void* data);

}  // namespace rg::op
