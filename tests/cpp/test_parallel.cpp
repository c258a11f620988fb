// The team of threads and the loops that it shares: what every number of threads gives alike.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cfenv>
#include <stdexcept>
#include <thread>

#include "array/float_flags.hpp"
#include "arrays.hpp"
#include "check.hpp"
#include "ops/array_ops.hpp"

using namespace rg;

namespace {

constexpr int kThreads = 3;

struct Threads {
    explicit Threads(int n) { team::set_size(n); }
    ~Threads() { team::set_size(1); }
};

// Whether each of [0, n) comes once.
bool covers(std::int64_t n, std::int64_t work) {
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
    for_pieces(n, work, [&](std::int64_t begin, std::int64_t count) {
        for (std::int64_t i = begin; i < begin + count; ++i) ++seen[std::size_t(i)];
    });
    return std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s == 1; });
}

bool same_bits(const Array& a, const Array& b) {
    return a.same_shape(b) && std::memcmp(a.data(), b.data(), std::size_t(a.nbytes())) == 0;
}

// What `f` gives on one thread has the bits of what it gives on several.
template <class F>
bool alike(F&& f) {
    team::set_size(1);
    const Array one = f();
    for (int n : {2, 3, 4}) {
        const Threads threads(n);
        if (!same_bits(one, f())) return false;
    }
    return true;
}

// Whose turn it is does not depend on the machine: each waits until the other has come.
void meet() {
    std::barrier both(2);
    for_pieces(2, kLeastWork, [&](std::int64_t, std::int64_t) { both.arrive_and_wait(); });
}

Array large(const Dims& shape, std::uint64_t seed = 1) { return Random(seed).reals(shape, -2, 2); }

}  // namespace

TEST(every_element_comes_once) {
    const Threads threads(kThreads);
    for (std::int64_t n : {0, 1, 2, 5, 1000, 16'384, 65'535, 65'536, 65'537, 3'000'001}) {
        CHECK(covers(n, 1));
        CHECK(covers(n, 4));
    }
    for (std::int64_t n : {2, 3, 100}) {
        CHECK(covers(n, 1 << 13));
        CHECK(covers(n, 1 << 30));
        CHECK(covers(n, kAlone));
    }
}

TEST(two_threads_work_at_the_same_time) {
    const Threads threads(2);
    meet();  // hangs where one thread does all
}

TEST(one_thread_and_small_loops_stay_with_the_caller) {
    const auto self = std::this_thread::get_id();
    std::atomic<int> others = 0;
    const auto look = [&](std::int64_t, std::int64_t) {
        others += std::this_thread::get_id() != self;
    };
    team::set_size(1);
    for_pieces(1 << 22, 1, look);
    const Threads threads(kThreads);
    for_pieces(kLeastWork - 1, 1, look);
    for_pieces(1 << 10, kAlone, look);
    CHECK(others == 0);
}

TEST(a_region_inside_a_region_is_the_callers_own) {
    const Threads threads(kThreads);
    std::atomic<std::int64_t> sum = 0;
    for_pieces(8, kLeastWork, [&](std::int64_t begin, std::int64_t count) {
        CHECK(team::size() == 1);
        for (std::int64_t i = begin; i < begin + count; ++i) {
            for_pieces(1 << 17, 1, [&](std::int64_t, std::int64_t n) { sum += n; });
        }
    });
    CHECK(sum == 8 << 17);
    CHECK(team::size() == kThreads);
}

TEST(callers_at_the_same_time_share_no_work) {
    const Threads threads(kThreads);
    std::vector<std::thread> callers;
    std::atomic<int> wrong = 0;
    for (int k = 0; k < 4; ++k) {
        callers.emplace_back([&, k] {
            const Array a = large({200'000}, std::uint64_t(k));
            const Array expected = a * a;
            for (int i = 0; i < 20; ++i) wrong += !same_bits(a * a, expected);
        });
    }
    for (std::thread& t : callers) t.join();
    CHECK(wrong == 0);
}

TEST(who_stops_a_loop_stops_it_between_regions) {
    const Threads threads(kThreads);
    static std::atomic<int> asked;
    asked = 0;
    interrupt_hook = [] {
        CHECK(!team::busy);
        if (++asked == 2) throw std::runtime_error("stop");
    };
    std::atomic<std::int64_t> done = 0;
    const auto count = [&](std::int64_t, std::int64_t n) {
        poll();  // not here
        done += n;
    };
    CHECK_THROWS(std::runtime_error, for_pieces(8 * kRegionWork, 1, count));
    CHECK(done == 2 * kRegionWork);
    for_pieces(8 * kRegionWork, 1, count, false);
    CHECK(asked == 2);
    interrupt_hook = nullptr;
    meet();
}

TEST(floating_point_flags_reach_the_caller) {
    const Threads threads(2);
    for (int piece : {0, 1}) {
        clear_float_flags();
        std::barrier both(2);
        for_pieces(2, kLeastWork, [&](std::int64_t begin, std::int64_t) {
            both.arrive_and_wait();
            volatile double zero = 0, infinite = 0;
            if (begin == piece) infinite = 1 / zero;
            static_cast<void>(infinite);
        });
        CHECK(float_flags() == FE_DIVBYZERO);
    }
    clear_float_flags();
    meet();  // what a member raised before is not of this region
    CHECK(float_flags() == 0);
}

// A sanitizer's threads do not survive a fork.
#ifndef __SANITIZE_THREAD__
TEST(a_forked_child_has_a_team_of_its_own) {
    const Threads threads(2);
    meet();
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        meet();
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    meet();
}
#endif

TEST(elementwise_results_do_not_depend_on_threads) {
    const Array a = large({300, 1001}), b = large({300, 1001}, 2), row = large({1001}, 3);
    const Array column = large({300, 1}, 4), few = large({3, 1, 90'000}, 5);
    CHECK(alike([&] { return a * b; }));
    CHECK(alike([&] { return a * row; }));
    CHECK(alike([&] { return column / row; }));
    CHECK(alike([&] { return transpose(a, Dims{1, 0}) * Array(2.0); }));
    CHECK(alike([&] { return copy(transpose(a, Dims{1, 0})); }));
    CHECK(alike([&] { return few * large({1, 2, 90'000}, 6); }));
    CHECK(alike([&] {
        Array sum = copy(a);
        add_into(sum, row);
        return sum;
    }));
}

TEST(cotangents_do_not_depend_on_threads) {
    const OpInfo& mul = info<op::Mul>();
    const Array in[] = {large({500, 400}), large({500, 400}, 2)}, g = large({500, 400}, 3);
    const Array base = large({500, 400}, 4), y = in[0] * in[1];
    for (bool add : {false, true}) {
        CHECK(alike([&] {
            Array out = copy(base);
            pull_into(mul, 0, g, in, y, out, add);
            return out;
        }));
    }
    CHECK(alike([&] {
        Array out = Array::empty(DType::f64, base.shape());
        pull_onto(mul, 1, g, in, y, base, out);
        return out;
    }));
}

TEST(sums_and_extrema_do_not_depend_on_threads) {
    const Array wide = large({40, 5000}), tall = large({5000, 40}), cube = large({50, 60, 70});
    const Array line = large({1'000'003});
    for (const Array& a : {line, wide, tall, cube, transpose(cube, Dims{2, 0, 1})}) {
        for (int axes = 1; axes < 1 << a.ndim(); ++axes) {
            CHECK(alike([&] { return sum(a, {std::uint64_t(axes)}); }));
            CHECK(alike([&] { return max(a, {std::uint64_t(axes)}); }));
            CHECK(alike([&] { return min(a, {std::uint64_t(axes)}); }));
        }
    }
    CHECK(alike([&] { return sum(cast(line, Target{DType::f32}), {1}); }));
    CHECK(alike([&] { return sum(complex(line, line * line), {1}); }));
}

// The kernel alone, on the whole line.
TEST(a_long_sum_has_the_bits_of_one_call) {
    for (std::int64_t n : {65'536, 65'537, 99'991, 1'000'003}) {
        const Array a = large({n});
        double whole = 0;
        char* args[] = {reinterpret_cast<char*>(&whole), const_cast<char*>(a.data()),
                        reinterpret_cast<char*>(&whole)};
        const std::intptr_t dims = n, strides[] = {0, 8, 0};
        sum_kernel[int(DType::f64)](args, &dims, strides);
        CHECK(sum(a, {1}).item() == whole);
        std::complex<double> z = 0;
        const Array both = complex(a, a);
        char* complex_args[] = {reinterpret_cast<char*>(&z), const_cast<char*>(both.data()),
                                reinterpret_cast<char*>(&z)};
        const std::intptr_t complex_strides[] = {0, 16, 0};
        sum_kernel[int(DType::c128)](complex_args, &dims, complex_strides);
        CHECK(*sum(both, {1}).as<std::complex<double>>() == z);
    }
}

TEST(batched_products_do_not_depend_on_threads) {
    const Array a = large({300, 8, 9}), b = large({300, 9, 7}, 2), one = large({9, 7}, 3);
    CHECK(alike([&] { return matmul(a, b); }));
    CHECK(alike([&] { return matmul(a, one); }));
    CHECK(alike([&] { return matmul(large({4, 80, 80}), large({3, 1, 80, 80}, 2)); }));
    CHECK(alike([&] { return cumsum(a, {0}); }));
}
