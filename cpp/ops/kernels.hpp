// Loops made from elementwise rules. gcc vectorises the contiguous forms, which are made only where
// that can be; `ivdep` says what is true of every caller: operands either are the very same
// elements as the output or do not overlap it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "array/loop.hpp"
#include "ops/blocks.hpp"
#include "ops/derive.hpp"

namespace rg::op {

// Loops are compiled for wider vectors too, and the loader picks by CPU. The results are the same
// bits: nothing is contracted. Sanitizers start too late for the loader's choice.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RG_FOR_EACH_CPU [[gnu::target_clones("arch=x86-64-v3", "default"), gnu::flatten]]
#else
#define RG_FOR_EACH_CPU
#endif

template <class T, bool Unit>
T load(const char* p, std::intptr_t stride, std::intptr_t i) {
    return Unit ? reinterpret_cast<const T*>(p)[i] : *reinterpret_cast<const T*>(p + i * stride);
}

template <class T, bool Unit>
T& place(char* p, std::intptr_t stride, std::intptr_t i) {
    return Unit ? reinterpret_cast<T*>(p)[i] : *reinterpret_cast<T*>(p + i * stride);
}

// Where gcc makes vector code: of real numbers, and with no function. Texts that contain functions
// run by blocks.
template <class Op>
inline constexpr bool in_words = made_of_words<Op>(std::make_index_sequence<arity<Op>>{});
template <class Op>
inline constexpr bool composed = run_calls<Op>(std::make_index_sequence<arity<Op>>{});
template <class Op, class T>
inline constexpr bool runs_wide = std::floating_point<T> && in_words<Op> && !composed<Op>;
template <class Op, int K, class T>
inline constexpr bool pulls_wide = std::floating_point<T> && !traced<Op, K>.calls;

template <class Op, class T, bool Unit, std::size_t... K>
void run_elements(char* const* args, std::intptr_t count, const std::intptr_t* strides,
                  std::index_sequence<K...>) {
    constexpr int n = arity<Op>;
#pragma GCC ivdep
    for (std::intptr_t i = 0; i < count; ++i) {
        place<T, Unit>(args[n], strides[n], i) = Op::run(load<T, Unit>(args[K], strides[K], i)...);
    }
}

// Forward: args are the operands, then the output.
template <class Op, class T>
inline constexpr bool has_common_values = requires(T x) { Op::common(x, x); };

template <class Op, class T>
    requires(!runs_wide<Op, T> && !composed<Op> && !has_common_values<Op, T>)
void run_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    run_elements<Op, T, false>(args, dims[0], strides, std::make_index_sequence<arity<Op>>{});
}
// Calls loop(at, count) on operands without gaps: of single numbers a block is laid out, so that
// all strides are known to the compiler. False where a used operand, a bit of `used`, has gaps.
template <class T, int N, class F>
bool run_without_gaps(char* const* args, std::intptr_t count, const std::intptr_t* strides,
                      unsigned used, F&& loop) {
    constexpr std::intptr_t kBlock = 256;
    unsigned numbers = 0;
    for (int k = 0; k < N; ++k) {
        if (!(used >> k & 1) || strides[k] == sizeof(T)) continue;
        if (strides[k] != 0) return false;
        numbers |= 1u << k;
    }
    T blocks[N][kBlock];
    char* at[N];
    char* const* from = args;
    std::intptr_t block = count;
    if (numbers) {
        from = at;
        block = std::min(count, kBlock);
        for (int k = 0; k < N; ++k) {
            at[k] = args[k];
            if (!(numbers >> k & 1)) continue;
            std::fill_n(blocks[k], block, *reinterpret_cast<const T*>(args[k]));
            at[k] = reinterpret_cast<char*>(blocks[k]);
        }
    }
    // One call in the text, for every call is a copy of the loop.
    for (std::intptr_t left = count;;) {
        loop(from, std::min(block, left));
        if ((left -= block) <= 0) return true;
        for (int k = 0; k < N; ++k) {
            if ((used & ~numbers) >> k & 1) at[k] += block * sizeof(T);
        }
    }
}

template <class Op, class T>
    requires(runs_wide<Op, T>)
RG_FOR_EACH_CPU void run_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides,
                              void*) {
    constexpr int n = arity<Op>;
    constexpr auto operands = std::make_index_sequence<n>{};
    const bool ran =
        strides[n] == sizeof(T) &&
        run_without_gaps<T, n + 1>(args, dims[0], strides, (2u << n) - 1,
                                   [&](char* const* at, std::intptr_t count) {
                                       run_elements<Op, T, true>(at, count, strides, operands);
                                   });
    if (!ran) run_elements<Op, T, false>(args, dims[0], strides, operands);
}

template <class Op, std::size_t... K>
constexpr BlockText run_text(std::index_sequence<K...>) {
    return {[](const Block* in) { return Op::run(in[K]...); }, (1u << arity<Op>)-1, arity<Op>};
}
template <class Op, class T>
    requires(composed<Op>)
void run_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    constexpr int n = arity<Op>;
    constexpr auto operands = std::make_index_sequence<n>{};
    if (dims[0] == 1) return run_elements<Op, T, false>(args, 1, strides, operands);
    static constexpr BlockText text = run_text<Op>(operands);
    run_blocks(text, dtype_of<T>, false, args[n], strides[n], args, strides, dims[0]);
}

// The operation that the power with this exponent is, for all of the bases; null for most.
template <class T>
const OpInfo* common_power(T b, const char* bases, std::intptr_t stride, std::intptr_t count) {
    if (b == T(2)) return &info<Square>();
    if (b == T(1)) return &info<Pos>();
    if (b == T(-1)) return &info<Reciprocal>();
    if (b != T(0.5)) return nullptr;
    bool positive = true;
    for (std::intptr_t i = 0; i < count; ++i) positive &= load<T, false>(bases, stride, i) > 0;
    return positive ? &info<Sqrt>() : nullptr;
}

// The power: where not all is a common one, such exponents are rare among the others.
template <class Op, class T>
    requires(has_common_values<Op, T>)
void run_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    constexpr std::intptr_t kBlock = 128, step = sizeof(T);
    alignas(64) T y[kBlock];
    for (std::intptr_t done = 0; done < dims[0]; done += kBlock) {
        const std::intptr_t count = std::min(kBlock, dims[0] - done);
        const std::intptr_t steps[] = {strides[0], strides[1], step};
        const std::intptr_t out_steps[] = {strides[0], strides[2]}, copied[] = {step, strides[2]};
        char* at[] = {args[0] + done * strides[0], args[1] + done * strides[1],
                      reinterpret_cast<char*>(y)};
        char* const out = args[2] + done * strides[2];
        const T first = *reinterpret_cast<const T*>(at[1]);
        if (strides[1] == 0 || count == 1) {
            if (const OpInfo* op = common_power(first, at[0], strides[0], count)) {
                char* both[] = {at[0], out};
                forward_kernel(*op, dtype_of<T>)(both, &count, out_steps);
                continue;
            }
        }
        forward_kernel(info<AnyPower>(), dtype_of<T>)(at, &count, steps);
        bool some = false;
        for (std::intptr_t i = 0; i < count; ++i) {
            some |= Op::may_be_common(load<T, false>(at[1], strides[1], i));
            if (strides[1] == 0) break;
        }
        for (std::intptr_t i = 0; some && i < count; ++i) {
            const T a = load<T, false>(at[0], strides[0], i),
                    b = load<T, false>(at[1], strides[1], i);
            if (Op::is_common(a, b)) y[i] = Op::common(a, b);
        }
        char* both[] = {at[2], out};
        forward_kernel(info<Pos>(), dtype_of<T>)(both, &count, copied);
    }
}

// One element of the cotangent of operand K.
template <class Op, int K, class T, bool Unit, std::size_t... I>
T pull_element(char* const* args, const std::intptr_t* strides, std::intptr_t i,
               std::index_sequence<I...>) {
    constexpr unsigned reads = traced<Op, K>.reads;
    constexpr int n = arity<Op>;
    // An operand that the rule does not read may be null.
    const auto read = [&]<std::size_t J>() -> T {
        constexpr bool used = reads & (J == n ? kReadsResult : 1u << J);
        if constexpr (used) return load<T, Unit>(args[2 + J], strides[2 + J], i);
        return T{};
    };
    return call_vjp<Op, K>(load<T, Unit>(args[1], strides[1], i), read.template operator()<I>()...,
                           read.template operator()<n>());
}

template <class Op, int K, class T, bool Add, bool Unit>
void pull_elements(char* const* args, std::intptr_t count, const std::intptr_t* strides) {
#pragma GCC ivdep
    for (std::intptr_t i = 0; i < count; ++i) {
        T& out = place<T, Unit>(args[0], strides[0], i);
        const T c =
            pull_element<Op, K, T, Unit>(args, strides, i, std::make_index_sequence<arity<Op>>{});
        out = Add ? out + c : c;
    }
}

// Backward: args are the output, the cotangent, the operands, the result.
template <class Op, int K, class T, bool Add>
    requires(!pulls_wide<Op, K, T> && !traced<Op, K>.calls)
void pull_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    pull_elements<Op, K, T, Add, false>(args, dims[0], strides);
}
template <class Op, int K, class T, bool Add>
    requires(pulls_wide<Op, K, T>)
RG_FOR_EACH_CPU void pull_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides,
                               void*) {
    constexpr unsigned reads = traced<Op, K>.reads;
    constexpr int n = arity<Op>;
    constexpr unsigned used =
        3u | (reads & ((1u << n) - 1)) << 2 | (reads & kReadsResult ? 4u << n : 0);
    const bool ran = strides[0] == sizeof(T) &&
                     run_without_gaps<T, n + 3>(
                         args, dims[0], strides, used, [&](char* const* at, std::intptr_t count) {
                             pull_elements<Op, K, T, Add, true>(at, count, strides);
                         });
    if (!ran) pull_elements<Op, K, T, Add, false>(args, dims[0], strides);
}

template <class Op, int K, std::size_t... I>
constexpr BlockText pull_text(std::index_sequence<I...>) {
    constexpr unsigned reads = traced<Op, K>.reads;
    constexpr int n = arity<Op>;
    static_assert(traced<Op, K>.flops + 2 * n < Workspace::kSlots);
    return {[](const Block* in) { return call_vjp<Op, K>(in[0], in[1 + I]..., in[1 + n]); },
            1u | (reads & ((1u << n) - 1)) << 1 | (reads & kReadsResult ? 2u << n : 0), n + 2};
}
template <class Op, int K, class T, bool Add>
    requires(traced<Op, K>.calls)
void pull_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    static constexpr BlockText text = pull_text<Op, K>(std::make_index_sequence<arity<Op>>{});
    run_blocks(text, dtype_of<T>, Add, args[0], strides[0], args + 1, strides + 1, dims[0]);
}

template <class Op, std::size_t... K>
double run64(const double* in, std::index_sequence<K...>) {
    return Op::run(in[K]...);
}

template <class Op, int K, std::size_t... I>
double pull64(double g, const Array* in, double y, std::index_sequence<I...>) {
    constexpr unsigned reads = traced<Op, K>.reads;
    return call_vjp<Op, K>(g, (reads & (1u << I) ? in[I].f64() : 0.0)..., y);
}

}  // namespace rg::op
