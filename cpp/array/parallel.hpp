// One team of threads for all large loops. Its members sleep while there is nothing to do, so that
// the cores are BLAS's own between two loops; a runtime whose threads wait by spinning, as
// OpenMP's do, takes them from it.
//
// Invariants: no exception and no signal handler runs inside a region; a region inside another, and
// one that finds the team at work for another caller, run on the calling thread alone; the
// floating-point flags of all members reach the caller.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rg {

// Long loops are cut into pieces, and between pieces this is asked whether to go on; it throws to
// stop. Null in a core without Python.
extern void (*interrupt_hook)();

namespace team {

// How many threads a large loop runs on: the first number of OMP_NUM_THREADS, or the processors
// this process may use, until it is set.
inline constexpr int kMost = 1024;
int size();
void set_size(int n);

// Whoever cuts the threads of the BLAS in use, as threadpoolctl does, cuts the team's as well: its
// default is never above theirs, and a number set above theirs stays until theirs sinks.
void follow(int (*blas_threads)());

// Whether this thread is at work in a region.
extern constinit thread_local bool busy;

using Task = void (*)(const void* body, std::int64_t i);
void run(std::int64_t count, Task task, const void* body, int threads);

}  // namespace team

inline void poll() {
    if (interrupt_hook && !team::busy) interrupt_hook();
}

// Work is counted in additions of two elements, a cheap loop's single steps. A piece takes some
// microseconds and a region up to some milliseconds; below the least work, waking others costs
// more than they bring (tests/benchmarks/threads.py).
inline constexpr std::int64_t kPieceWork = 1 << 14;
inline constexpr std::int64_t kLeastWork = 1 << 16;
inline constexpr std::int64_t kRegionWork = 1 << 20;
// The work of what has threads of its own, or must not meet others.
inline constexpr std::int64_t kAlone = 0;

// Calls f(begin, count) for pieces of [0, n), of which none depends on another. `work` is that of
// one of the n. Between regions it asks whether to go on, if it `stops` at all.
template <class F>
void for_pieces(std::int64_t n, std::int64_t work, const F& f, bool stops = true) {
    if (n <= 1 || (work && n * work <= kPieceWork)) [[likely]]
        return f(0, n);
    const int threads = work && n * work >= kLeastWork ? team::size() : 1;
    const std::int64_t piece = work ? std::max<std::int64_t>(1, kPieceWork / work) : 1;
    const std::int64_t pieces = (n + piece - 1) / piece;
    const std::int64_t region =
        std::max<std::int64_t>(threads, work ? kRegionWork / (piece * work) : 1);
    for (std::int64_t first = 0; first < pieces; first += region) {
        const auto one = [&](std::int64_t i) {
            const std::int64_t begin = (first + i) * piece;
            f(begin, std::min(piece, n - begin));
        };
        const auto task = [](const void* body, std::int64_t i) {
            (*static_cast<const decltype(one)*>(body))(i);
        };
        team::run(std::min(region, pieces - first), task, &one, threads);
        if (stops) poll();
    }
}

}  // namespace rg
