// Loops made from elementwise rules. gcc vectorises the contiguous forms, which are made only where
// that can be; `ivdep` says what is true of every caller: operands either are the very same
// elements as the output or do not overlap it.
#pragma once

#include <cstdint>
#include <utility>

#include "array/loop.hpp"
#include "ops/derive.hpp"

namespace rg::op {

// Which strides a loop body may take for granted.
enum class Walk { Contiguous, BroadcastCotangent, Strided };

template <class T, bool Unit>
T load(const char* p, std::intptr_t stride, std::intptr_t i) {
    return Unit ? reinterpret_cast<const T*>(p)[i] : *reinterpret_cast<const T*>(p + i * stride);
}

template <class T, bool Unit>
T& place(char* p, std::intptr_t stride, std::intptr_t i) {
    return Unit ? reinterpret_cast<T*>(p)[i] : *reinterpret_cast<T*>(p + i * stride);
}

// Forward: args are the operands, then the output.
template <class Op, class T>
void run_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    constexpr int n = arity<Op>;
    const auto body = [&]<bool Unit, std::size_t... K>(std::index_sequence<K...>) {
        const std::intptr_t count = dims[0];
#pragma GCC ivdep
        for (std::intptr_t i = 0; i < count; ++i) {
            place<T, Unit>(args[n], strides[n], i) =
                Op::run(load<T, Unit>(args[K], strides[K], i)...);
        }
    };
    constexpr auto operands = std::make_index_sequence<n>{};
    if constexpr (std::floating_point<T> && made_of_words<Op>(operands)) {
        bool unit = true;
        for (int k = 0; k <= n; ++k) unit &= strides[k] == sizeof(T);
        if (unit) return body.template operator()<true>(operands);
    }
    body.template operator()<false>(operands);
}

// One element of the cotangent of operand K.
template <class Op, int K, class T, Walk W, std::size_t... I>
T pull_element(char** args, const std::intptr_t* strides, std::intptr_t i, T g0,
               std::index_sequence<I...>) {
    constexpr unsigned reads = traced<Op, K>.reads;
    constexpr int n = arity<Op>;
    constexpr bool unit = W != Walk::Strided;
    // An operand that the rule does not read may be null.
    const auto read = [&]<std::size_t J>() -> T {
        constexpr bool used = reads & (J == n ? kReadsResult : 1u << J);
        if constexpr (used) return load<T, unit>(args[2 + J], strides[2 + J], i);
        return T{};
    };
    const T g = W == Walk::BroadcastCotangent ? g0 : load<T, unit>(args[1], strides[1], i);
    return call_vjp<Op, K>(g, read.template operator()<I>()..., read.template operator()<n>());
}

// Backward: args are the output, the cotangent, the operands, the result.
template <class Op, int K, class T, bool Add>
void pull_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    constexpr int n = arity<Op>;
    constexpr unsigned reads = traced<Op, K>.reads;
    const auto body = [&]<Walk W>() {
        constexpr bool unit = W != Walk::Strided;
        const std::intptr_t count = dims[0];
        const T g0 = *reinterpret_cast<const T*>(args[1]);
#pragma GCC ivdep
        for (std::intptr_t i = 0; i < count; ++i) {
            T& out = place<T, unit>(args[0], strides[0], i);
            const T c =
                pull_element<Op, K, T, W>(args, strides, i, g0, std::make_index_sequence<n>{});
            out = Add ? out + c : c;
        }
    };
    if constexpr (std::floating_point<T> && !traced<Op, K>.calls) {
        bool unit = strides[0] == sizeof(T);
        for (int k = 0; k <= n; ++k) {
            const bool used = reads & (k == n ? kReadsResult : 1u << k);
            unit &= !used || strides[2 + k] == sizeof(T);
        }
        if (unit && strides[1] == sizeof(T)) return body.template operator()<Walk::Contiguous>();
        if (unit && strides[1] == 0) return body.template operator()<Walk::BroadcastCotangent>();
    }
    body.template operator()<Walk::Strided>();
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
