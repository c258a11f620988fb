// The recorder without Python: rows, numbers, exclusive times, memory, the anomaly mode; and walks
// of several threads under one profile, for ThreadSanitizer.
#include <mutex>
#include <string>
#include <thread>

#include "array/clock.hpp"
#include "array/error.hpp"
#include "check.hpp"
#include "graph/anomaly.hpp"
#include "graph/observe.hpp"
#include "graphs.hpp"

using namespace rg;

namespace {

std::uint32_t line = 7;  // what stands for the user's source

// A profile from here to the end of the block.
struct Watching {
    explicit Watching(std::size_t max_events = 1000) : profile(max_events) {
        site_hook = [] { return line; };
        const std::lock_guard guard(recorder::lock);
        recorder::open(&profile);
        ++observers;
    }
    ~Watching() {
        stop();
        forget_rows();
    }
    void stop() {
        if (!open) return;
        open = false;
        --observers;
        const std::lock_guard guard(recorder::lock);
        recorder::close(&profile);
    }
    const Tally& tally(const std::string& op, std::uint32_t site) const {
        for (std::uint32_t i = 0; i < recorder::row_count(); ++i) {
            if (recorder::row(i).op == op && recorder::row(i).site == site) {
                return profile.sums.tallies.at(i);
            }
        }
        throw std::out_of_range(op);
    }
    Profile profile;
    bool open = true;
};

void watched_backward(const Tensor& y, bool retain = true) {
    WalkScope scope(retain);
    Run run(y.node.get(), retain);
    while (!run.mark(100)) {
    }
    run.walk(ones_like(y.value), &scope);
    scope.passed(Phase::Commit);
}

}  // namespace

TEST(ticks_go_on_and_have_a_length) {
    struct Between {
        std::uint64_t before = clock::system_ns(), ticks = clock::ticks(),
                      after = clock::system_ns();
    };
    const Between first;
    const double ns = clock::ns_per_tick();
    const Between last;
    const double measured = double(last.ticks - first.ticks) * ns;
    CHECK(last.ticks > first.ticks);
    CHECK(measured > 0.99 * double(last.before - first.after));
    CHECK(measured < 1.01 * double(last.after - first.before));
}

TEST(calls_go_to_their_line) {
    Watching w;
    const Tensor x = leaf(2.0);
    line = 7;
    Tensor y = x * x;
    line = 8;
    for (int i = 0; i < 3; ++i) y = y * x;
    watched_backward(y);
    watched_backward(y);
    CHECK(w.tally("mul", 7).calls == 1);
    CHECK(w.tally("mul", 7).backward_calls == 2);
    CHECK(w.tally("mul", 8).calls == 3);
    CHECK(w.tally("mul", 8).backward_calls == 6);
    CHECK(w.profile.sums.backward_calls == 2);
}

TEST(parts_of_a_walk_sum_to_it) {
    Watching w;
    Tensor y = leaf(0.5);
    for (int i = 0; i < 1000; ++i) y = call<op::Tanh>(y) * y;
    watched_backward(y);
    std::int64_t sum = 0;
    for (const Tally& t : w.profile.sums.tallies) sum += t.backward;
    CHECK(sum == w.profile.sums.backward_ticks);
}

TEST(events_are_capped_and_sums_are_not) {
    Watching w(10);
    const Tensor x = leaf(1.0);
    for (int i = 0; i < 100; ++i) static_cast<void>(x + x);
    CHECK(w.profile.events.size() == 10);
    CHECK(w.profile.events.copy().size() == 10);
    CHECK(w.tally("add", line).calls == 100);
    // Every addition and the end of its node.
    CHECK(w.profile.sums.dropped == 190);
}

TEST(events_fill_more_than_one_chunk) {
    EventLog log;
    const std::size_t n = 120'000;
    for (std::size_t i = 0; i < n; ++i) log.push_back({Kind::Forward, 0, 0, i, 0, 0, 0});
    const auto all = log.copy();
    CHECK(all.size() == n);
    for (std::size_t i = 0; i < n; ++i) CHECK(all[i].node == i);
}

TEST(nodes_of_another_profile_are_outside) {
    const Tensor x = leaf(3.0);
    Tensor y;
    {
        Watching w;
        y = x * x;
    }
    Watching w;
    watched_backward(y);
    CHECK(w.tally("mul", kNoSite).backward_calls == 1);
    CHECK(w.tally("mul", kNoSite).calls == 0);
}

TEST(shapes_and_costs_follow_from_the_operation) {
    Watching w;
    const Array a = filled(DType::f32, 1, {4, 3}), b = filled(DType::f32, 1, {3, 2});
    const Tensor x = leaf(a);
    const Tensor y = matmul(x, Tensor(b));
    const Row& row = recorder::row(row_of(*y.node));
    CHECK(row.operands == std::vector<std::string>{"float32(4,3)", "float32(3,2)"});
    CHECK(row.result == "float32(4,2)");
    CHECK(row.each.forward_flops == 2 * 4 * 3 * 2);
    CHECK(row.each.forward_bytes == 4 * (12 + 6 + 8));
    // The one cotangent reads g and b and writes what x has.
    CHECK(row.each.backward_bytes == 4 * (8 + 6 + 12));
    CHECK(row.saved >= 4 * 6);
}

TEST(saved_memory_is_counted_while_it_lives) {
    Watching w;
    const Array a = filled(DType::f64, 1, {100});
    const Tensor x = leaf(copy(a));
    Tensor y = x * x;
    const std::uint32_t row = row_of(*y.node);
    // The square keeps its operand once.
    CHECK(recorder::row(row).saved_alive >= 800 && recorder::row(row).saved_alive < 1600);
    {
        const Tensor z = sum(y, {1});
        watched_backward(z, false);
        CHECK(recorder::row(row).saved_alive == 0);
    }
    y = Tensor();
    CHECK(recorder::row(row).saved_alive == 0);
    CHECK(w.profile.sums.peak >= 1600);
}

TEST(the_peak_says_what_was_saved) {
    Watching w;
    const Array a = copy(filled(DType::f64, 1, {1000}));
    const Tensor x = leaf(a);
    std::uint32_t square, row;
    {
        Tensor y = x * x;
        square = row_of(*y.node);
        for (int i = 0; i < 4; ++i) y = y * x;
        row = row_of(*y.node);
    }
    static_cast<void>(x + x);
    w.profile.settle_peak();
    // The square keeps x; each of the four products keeps x and the product before it.
    const std::int64_t once = w.profile.sums.saved_at_peak.at(square);
    CHECK(once >= 8'000 && once < 16'000);
    CHECK(w.profile.sums.saved_at_peak.at(row) >= 4 * 16'000);
    CHECK(recorder::row(row).saved_alive == 0);
}

TEST(a_walk_that_records_gives_its_operations_the_line_of_the_node) {
    Watching w;
    const Tensor x = leaf(2.0);
    line = 7;
    const Tensor y = call<op::Tanh>(x);
    line = 9;
    WalkScope scope(true);
    Run run(y.node.get(), true);
    while (!run.mark(100)) {
    }
    const auto grads = run.walk_recording(Tensor(Array(1.0)), &scope);
    scope.passed(Phase::Commit);
    CHECK(w.tally("mul", 7).backward_calls > 0);
    CHECK_THROWS(std::out_of_range, w.tally("mul", 9));
}

TEST(anomalies_are_born_not_inherited) {
    Watching w;
    ++anomaly::open_modes;
    const Tensor x = leaf(0.0), infinite = leaf(HUGE_VAL);
    CHECK_THROWS(Anomaly, Tensor(Array(1.0)) / x);
    static_cast<void>(infinite + x);  // the infinity was there before
    CHECK_THROWS(Anomaly, infinite - infinite);
    const Tensor root = call<op::Sqrt>(x);
    try {
        watched_backward(root);
        CHECK(false);
    } catch (const Anomaly& a) {
        CHECK(std::string(a.what()).starts_with("sqrt: backward made inf at element () of"));
        CHECK(recorder::row(a.row).site == line);
    }
    --anomaly::open_modes;
}

TEST(threads_share_a_profile) {
    Watching w(100'000);
    std::mutex gil;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                Tensor y;
                {
                    const std::lock_guard lock(gil);
                    y = leaf(0.5);
                    for (int k = 0; k < 200; ++k) y = y * y;
                }
                {
                    WalkScope scope(true);
                    Run run(y.node.get(), true);
                    while (!run.mark(50)) {
                    }
                    run.walk(Array(1.0), &scope);
                    scope.passed(Phase::Commit);
                }
                const std::lock_guard lock(gil);
                y = Tensor();
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(w.tally("mul", line).calls == 4 * 20 * 200);
    CHECK(w.tally("mul", line).backward_calls == 4 * 20 * 200);
    CHECK(recorder::threads().size() <= 4);
}
