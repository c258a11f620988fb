// Loops over packs, for the operations whose text can be read on them. This file alone is compiled
// for AVX2 and FMA; nothing but `avx2_loop` may leave it.
#include <immintrin.h>

#include "ops/avx2/pack.hpp"
#include "ops/derive.hpp"
#include "ops/vector_math.hpp"

namespace rg {
namespace {

// What is made of words has better loops than these.
template <class Op, class T, std::size_t... K>
consteval bool takes_packs(std::index_sequence<K...>) {
    if constexpr (op::made_of_words<Op>(std::index_sequence<K...>{}))
        return false;
    else
        return requires(op::Pack<T> x[2]) { Op::run(x[K]...); };
}

template <class T, int N>
struct Lanes {
    static constexpr int kWidth = int(op::Batch<T>::size);
    alignas(32) T at[N][kWidth];
};

// The elements that packs do not get right, all in one call of the kernel that was replaced.
template <class T, int N>
[[gnu::noinline]] void repair(unsigned right, const Lanes<T, N>& in, T* y, int count,
                              const Kernel& kernel) {
    Lanes<T, N + 1> some;
    int place[Lanes<T, N>::kWidth];
    std::intptr_t n = 0;
    for (int i = 0; i < count; ++i) {
        if (right >> i & 1) continue;
        for (int k = 0; k < N; ++k) some.at[k][n] = in.at[k][i];
        place[n++] = i;
    }
    if (!n) return;
    char* args[N + 1];
    std::intptr_t strides[N + 1];
    for (int k = 0; k <= N; ++k) {
        args[k] = reinterpret_cast<char*>(some.at[k]);
        strides[k] = sizeof(T);
    }
    kernel(args, &n, strides);
    for (int i = 0; i < n; ++i) y[place[i]] = some.at[N][i];
}

// Every element goes through a whole pack, also the last ones and a single one: same bits. The
// flags are those of the replaced kernel; what packs raise, some of it in vain, is dropped.
template <class Op, class T, std::size_t... K>
void run_packs(char** args, std::intptr_t count, const std::intptr_t* strides, const Kernel& kernel,
               std::index_sequence<K...>) {
    using B = op::Batch<T>;
    constexpr int n = int(sizeof...(K)), width = int(B::size);
    unsigned flags = _mm_getcsr();
    for (std::intptr_t i = 0; i < count; i += width) {
        const int some = int(std::min<std::intptr_t>(width, count - i));
        Lanes<T, n> in;
        B x[n];
        for (int k = 0; k < n; ++k) {
            const char* from = args[k] + i * strides[k];
            if (some == width && strides[k] == sizeof(T)) {
                x[k] = B::load_unaligned(reinterpret_cast<const T*>(from));
                continue;
            }
            for (int j = 0; j < width; ++j) {
                in.at[k][j] = j < some ? *reinterpret_cast<const T*>(from + j * strides[k]) : T(1);
            }
            x[k] = B::load_aligned(in.at[k]);
        }
        typename B::batch_bool_type right;
        const B y = Op::run(op::Pack<T>{x[K], &right}...).v;
        const unsigned mask = unsigned(right.mask());
        char* const to = args[n] + i * strides[n];
        if (mask + 1 == 1u << width && some == width && strides[n] == sizeof(T)) [[likely]] {
            y.store_unaligned(reinterpret_cast<T*>(to));
            continue;
        }
        alignas(32) T out[width];
        y.store_aligned(out);
        if (mask + 1 != 1u << width) {
            (x[K].store_aligned(in.at[K]), ...);
            _mm_setcsr(flags);
            repair<T, n>(mask, in, out, some, kernel);
            flags = _mm_getcsr();
        }
        for (int j = 0; j < some; ++j) *reinterpret_cast<T*>(to + j * strides[n]) = out[j];
    }
    if (_mm_getcsr() != flags) _mm_setcsr(flags);
}

template <class Op, class T>
void pack_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void* data) {
    run_packs<Op, T>(args, dims[0], strides, static_cast<const Replaced*>(data)->kernel,
                     std::make_index_sequence<op::arity<Op>>{});
}

template <class Op, class T>
consteval Loop loop_of() {
    if constexpr (takes_packs<Op, T>(std::make_index_sequence<op::arity<Op>>{})) {
        return pack_loop<Op, T>;
    } else {
        return nullptr;
    }
}

struct Pair {
    Loop loops[kFloatTypes];
};
template <class... Op>
constexpr std::array<Pair, sizeof...(Op)> table(TypeList<Op...>) {
    return {Pair{{loop_of<Op, double>(), loop_of<Op, float>()}}...};
}
constexpr auto loops = table(op::Elementwise{});

}  // namespace

Loop avx2_loop(int id, DType dtype) {
    return id < int(loops.size()) ? loops[id].loops[int(dtype)] : nullptr;
}

}  // namespace rg
