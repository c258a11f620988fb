// Walks in several threads, as bind runs them: graphs are built, and gradients committed, by one
// thread at a time (`gil`), marking and walking happen in all at once. For ThreadSanitizer.
#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "check.hpp"
#include "graphs.hpp"

using namespace rg;

namespace {

constexpr int kThreads = 4;
std::mutex gil;

// Runs f(thread number) in all threads at once; what they throw is a failure.
template <class F>
void in_threads(F&& f) {
    std::vector<std::thread> threads;
    std::barrier start(kThreads);
    std::atomic<int> thrown = 0;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            try {
                f(i);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "thread %d: %s\n", i, e.what());
                ++thrown;
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(thrown == 0);
}

// Marks in steps of `limit`, waits for whoever holds a part of the graph, walks, and commits.
void backward_into(std::vector<Array>& grads, Node* root, const std::vector<Tensor>& leaves,
                   std::size_t limit) {
    Run run(root, true);
    while (!run.mark(limit)) {
        if (run.must_wait()) run.wait_for_other();
    }
    run.walk(ones_like(root->value.has_value() ? root->value : Array(1.0)));
    const std::lock_guard lock(gil);
    for (Node* leaf : run.leaves()) {
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            if (leaves[i].node.get() == leaf) accumulate(grads[i], Array(run.cotangent(*leaf)));
        }
    }
}

// Some layers of a network, ending in a scalar.
Tensor layers(Tensor x, const Tensor& w, int n) {
    for (int i = 0; i < n; ++i) x = call<op::Tanh>(matmul(x, w)) + x;
    return sum(x, {3});
}

Tensor long_chain(Tensor x, const Tensor& y, int n) {
    for (int i = 0; i < n; ++i) x = x * y + y;
    return x;
}

bool equal_numbers(const Array& a, const Array& b, double factor) {
    Values expected = values(b);
    for (double& v : expected) v *= factor;
    return near(values(a), expected, 1e-12);
}

}  // namespace

TEST(disjoint_graphs) {
    std::vector<std::vector<Tensor>> leaves;
    std::vector<Tensor> roots;
    Random random(1);
    for (int i = 0; i < kThreads; ++i) {
        leaves.push_back({leaf(random.reals({5, 6}, -1, 1)), leaf(random.reals({6, 6}, -1, 1))});
        roots.push_back(layers(leaves.back()[0], leaves.back()[1], 20));
    }
    std::vector<std::vector<Array>> grads(kThreads, std::vector<Array>(2));
    in_threads([&](int i) {
        for (int n = 0; n < 50; ++n) backward_into(grads[i], roots[i].node.get(), leaves[i], 1000);
    });
    for (int i = 0; i < kThreads; ++i) {
        const auto once = backward(roots[i], leaves[i]);
        CHECK(equal_numbers(grads[i][0], once[0], 50) && equal_numbers(grads[i][1], once[1], 50));
    }
}

TEST(shared_leaves_do_not_serialise) {
    const std::vector<Tensor> shared = {leaf(arange({4, 4}, -8)), leaf(0.25)};
    std::vector<Array> grads(2);
    in_threads([&](int) {
        for (int n = 0; n < 40; ++n) {
            Tensor root;
            {
                const std::lock_guard lock(gil);
                root = sum(long_chain(shared[0] * shared[1], shared[1], 10), {3});
            }
            backward_into(grads, root.node.get(), shared, 7);
            const std::lock_guard lock(gil);
            root = Tensor();
        }
    });
    const Tensor root = sum(long_chain(shared[0] * shared[1], shared[1], 10), {3});
    const auto once = backward(root, shared);
    CHECK(equal_numbers(grads[0], once[0], kThreads * 40));
    CHECK(equal_numbers(grads[1], once[1], kThreads * 40));
}

TEST(one_root_for_all) {
    const std::vector<Tensor> leaves = {leaf(0.5), leaf(1)};
    const Tensor root = long_chain(leaves[0], leaves[1], 1000);
    std::vector<Array> grads(2);
    in_threads([&](int i) {
        for (int n = 0; n < 200; ++n) {
            backward_into(grads, root.node.get(), leaves, i % 2 ? 100 : 100000);
        }
    });
    CHECK(grads[0].f64() == kThreads * 200);
    CHECK(grads[1].f64() == kThreads * 200 * backward(root, leaves)[1].f64());
}

// Each root claims one half at once and comes to the other half by a chain: two runs may find that
// each holds what the other needs.
TEST(overlapping_graphs_in_opposite_order) {
    const std::vector<Tensor> leaves = {leaf(0.5), leaf(1)};
    const Tensor a = long_chain(leaves[0], leaves[1], 5), b = long_chain(leaves[1], leaves[0], 5);
    const Tensor roots[] = {long_chain(b, leaves[1], 30) + a, long_chain(a, leaves[1], 30) + b};
    std::vector<Array> grads[2] = {std::vector<Array>(2), std::vector<Array>(2)};
    in_threads([&](int i) {
        for (int n = 0; n < 10000; ++n) {
            backward_into(grads[i % 2], roots[i % 2].node.get(), leaves, 1 + std::size_t(n % 3));
        }
    });
    for (int i = 0; i < 2; ++i) {
        const auto once = backward(roots[i], leaves);
        CHECK(equal_numbers(grads[i][0], once[0], 5000.0 * kThreads));
        CHECK(equal_numbers(grads[i][1], once[1], 5000.0 * kThreads));
    }
}

// A walk that records needs the GIL; others may go on without it meanwhile.
TEST(recording_beside_plain_walks) {
    const std::vector<Tensor> x = {leaf(0.7)};
    std::vector<Array> grads(1);
    in_threads([&](int i) {
        for (int n = 0; n < 60; ++n) {
            Tensor root;
            {
                const std::lock_guard lock(gil);
                root = call<op::Sin>(x[0]) * x[0];
                if (i % 2) {
                    CHECK(near(derivative(root, x[0], 2).value.f64(),
                               2 * std::cos(0.7) - 0.7 * std::sin(0.7), 1e-14));
                }
            }
            backward_into(grads, root.node.get(), x, 3);
            const std::lock_guard lock(gil);
            root = Tensor();
        }
    });
    CHECK(near(grads[0].f64(), 60 * kThreads * (std::sin(0.7) + 0.7 * std::cos(0.7)), 1e-12));
}

TEST(waiting_for_a_node) {
    const Tensor x = leaf(1), y = long_chain(x, x, 1000);
    std::barrier marked(2);
    std::atomic<bool> ended = false;
    std::thread other([&] {
        Run run(y.node.get(), true);
        CHECK(run.mark(100000));
        marked.arrive_and_wait();
        std::this_thread::yield();
        ended = true;
    });
    marked.arrive_and_wait();
    CHECK(Run::claimed(*y.node) || ended);
    Run::wait_until_free(*x.node);
    CHECK(ended && !Run::claimed(*x.node));
    other.join();
}

TEST(memory_is_shared_by_threads) {
    const std::int64_t before = Buffer::live();
    const Array shared = arange({100});
    in_threads([&](int) {
        for (int n = 1; n < 3000; ++n) {
            const Array view = shared, own = copy(slice(view, basic({range(99, -1, 1 + n % 100)})));
            CHECK(own.unique() && own.as<double>()[0] == 99);
        }
    });
    CHECK(shared.unique() && Buffer::live() == before + 1);
    CHECK(pool::cached_bytes() < std::size_t{1} << 40);
}
