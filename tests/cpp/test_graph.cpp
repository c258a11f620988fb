// Recording, marking and walking: what is kept, what is freed, what stands after a failure.
#include <string>

#include "check.hpp"
#include "graph/mode.hpp"
#include "graphs.hpp"
#include "ops/structural.hpp"

using namespace rg;

namespace {

// Checks at its end that nothing made since its beginning is alive.
struct NothingLeft {
    std::int64_t nodes = Node::live(), buffers = Buffer::live();
    ~NothingLeft() { CHECK(Node::live() == nodes && Buffer::live() == buffers); }
};

// A graph of most kinds of rules, from three leaves to a scalar.
Tensor build(const std::vector<Tensor>& x) {
    const Place rows{basic({range(2, -1, 3), range(0, 1, 2)}), {3, 2}};
    const Place some{positions({0, 5, 0}, {3}), {3, 2}};
    const Tensor a = call<op::Tanh>(matmul(x[0], x[1]) + x[2]);
    const Tensor b = setitem(Tensor(a), getitem(a, some), {basic({range(0, 1, 3), at(1)}), {3, 2}});
    Tensor in[] = {a * b - call<op::Exp>(x[2]) / b};
    const Tensor c = apply(info<op::Max>(), in, make_params(Axes{1, true}));
    const Tensor d = reshape(getitem(broadcast_to(c, {3, 2}), rows), {6});
    return sum(d * reshape(a, {6}), {1}) * sum(x[2], {1}) + sum(getitem(a, some), {1});
}

std::vector<Tensor> leaves() {
    Random random(8);
    return {leaf(random.reals({3, 4}, -1, 1)), leaf(random.reals({4, 2}, -1, 1)),
            leaf(random.reals({2}, 0.5, 1))};
}

std::vector<Values> numbers(const std::vector<Array>& arrays) {
    std::vector<Values> v;
    for (const Array& a : arrays) v.push_back(values(a));
    return v;
}

// Whether some run still holds a node below `n`.
bool any_claimed(Node* n) {
    if (Run::claimed(*n)) return true;
    for (std::uint32_t k = 0; k < n->n_inputs; ++k) {
        if (n->input(k) && any_claimed(n->input(k))) return true;
    }
    return false;
}

// Runs f with its first, second, ... allocation failing until none does, and says how many have.
template <class F, class G>
int fail_everywhere(F&& f, G&& intact) {
    for (int n = 0;; ++n) {
        const NothingLeft check;
        pool::fail_after(n + 1);
        bool failed = false;
        try {
            f();
        } catch (const AllocationError&) {
            failed = true;
        }
        pool::fail_after(0);
        CHECK(intact());
        if (!failed) return n;
    }
}

struct Stop {};

}  // namespace

// The cotangent goes back through a chain of joins as it is: nothing is copied a part.
TEST(joined_parts_get_views_of_one_cotangent) {
    const NothingLeft check;
    const std::vector<Tensor> parts = {leaf(arange({2})), leaf(arange({3})), leaf(arange({1}))};
    Tensor whole(Array::empty(DType::f64, {6}));
    const char* memory = whole.value.data();
    std::int64_t start = 0;
    for (const Tensor& part : parts) {
        const std::int64_t n = part.value.size();
        whole = join(std::move(whole), part, range_of({6}, 0, start, n));
        start += n;
    }
    CHECK(values(whole.value) == Values({0, 1, 0, 1, 2, 0}) && whole.value.data() == memory);
    const Tensor y = whole * Tensor(arange({6}, 1));
    const std::vector<Array> grads = backward(y, parts);
    CHECK(values(grads[0]) == Values({1, 2}) && values(grads[1]) == Values({3, 4, 5}));
    CHECK(values(grads[2]) == Values({6}));
    CHECK(grads[0].buffer() == grads[1].buffer() && grads[1].buffer() == grads[2].buffer());
}

TEST(sizes) {
    static_assert(sizeof(Array) == 16 && sizeof(Node) <= 80);
    // A product of two scalars: the node, two inputs, two saved operands.
    CHECK(sizeof(Node) + 2 * sizeof(Node*) + 2 * sizeof(Array) <= 128);
    const Tensor x = leaf(2), y = x * x, z = x + x;
    CHECK(y.node->has(Node::kSaves) && y.node->has(Node::kScalar64));
    CHECK(!z.node->has(Node::kSaves) && !z.node->has(Node::kParams));
}

TEST(fan_out_accumulates) {
    const NothingLeft check;
    const Tensor x = leaf(3), y = leaf(2);
    const Tensor a = x * x, z = a * a + a * y - x;
    const auto grads = backward(z, {x, y});
    CHECK(grads[0].f64() == 4 * 27 + 2 * 3 * 2 - 1 && grads[1].f64() == 9);
    CHECK(backward(x, {x})[0].f64() == 1);  // a leaf is its own root

    const Tensor v = leaf(arange({3}, 1)), w = v + v + v;
    CHECK(values(backward(sum(w * w, {1}), {v})[0]) == Values({18, 36, 54}));
    CHECK(values(backward(sum(w + x, {1}), {v, x})[1]) == Values({3}));
    CHECK(!backward(a, {v})[0]);  // not reached
}

TEST(what_is_recorded) {
    const Tensor x = leaf(arange({2})), c(arange({2}));
    CHECK(!(c * c).node && (c * x).node && !(x == x).node);
    CHECK((c * x).node->saved()[0].has_value() && !(c * x).node->saved()[1]);
    CHECK(!(x + c).node->value.has_value() && call<op::Exp>(x).node->value.has_value());
    open_modes = grad_modes = 1;
    recording_hook = [] { return false; };
    CHECK(!(x * x).node);
    open_modes = grad_modes = 0;
    recording_hook = nullptr;
    CHECK_THROWS(ShapeError, x * leaf(arange({3})));

    // A value that Python could write to is copied; a user's float32 leaf gets float32 back.
    const Array lent = arange({2}, 1);
    lent.buffer()->writable_leases = 1;
    CHECK((x * Tensor(lent)).node->saved()[1].buffer() != lent.buffer());
    const Tensor narrow = leaf(array({2}, {1, 2}, DType::f32)), mixed = narrow * x;
    CHECK(mixed.value.dtype() == DType::f64);
    CHECK(backward(mixed, {narrow})[0].dtype() == DType::f32);
    CHECK(backward(narrow * narrow, {narrow})[0].dtype() == DType::f32);
}

TEST(float_flags_are_reported) {
    static std::string seen;
    float_error_hook = [](const OpInfo& op, int) { seen += std::string(op.name) + ' '; };
    const Tensor zero(Array(0.0)), zeros(Array::zeros(DType::f64, {2}));
    call<op::Log>(zero), call<op::Log>(zeros), zero / zero, call<op::Sqrt>(Tensor(Array(4.0))),
        call<op::Abs>(-zero);
    float_error_hook = nullptr;
    CHECK(seen == "log log div ");
}

TEST(a_million_deep) {
    const NothingLeft check;
    const Tensor x = leaf(1), y = leaf(0.5), v = leaf(arange({2}));
    Tensor z = y, w = v;
    for (int i = 0; i < 1000000; ++i) z = z * x + y;
    for (int i = 0; i < 100000; ++i) w = -w;
    const auto grads = backward(z, {x, y});
    CHECK(grads[1].f64() == 1000001 && grads[0].f64() == 0.5 * 1000000.0 * 1000001 / 2);
    CHECK(values(backward(w, {v})[0]) == Values({1, 1}));
    CHECK(Node::live() >= 2100000);
}

TEST(freed_after_one_walk) {
    const NothingLeft check;
    const std::vector<Tensor> x = leaves();
    const Tensor y = build(x), again = y * y;
    const auto first = numbers(backward(y, x));
    CHECK(numbers(backward(y, x, false)) == first);
    CHECK_THROWS(GraphError, backward(y, x));
    CHECK_THROWS(GraphError, backward(again, x));
    CHECK(!any_claimed(again.node.get()) && numbers(backward(build(x), x)) == first);
}

TEST(gradients_kept_for_python) {
    const Tensor x = leaf(arange({3})), a = -x, b = -a, y = sum(b, {1});
    int handle = 0;
    a.node->handle = &handle;
    backward(y, {x});
    CHECK(values(a.node->grad) == Values({-1, -1, -1}) && !b.node->grad && y.node->grad.f64() == 1);
    {
        Run run(y.node.get(), true);
        CHECK(run.mark(100) && run.work() >= 3 * 24 && run.leaves().size() == 1);
        const auto all = run.walk_recording(Tensor(Array(1.0)));
        CHECK(all.size() == 2);  // the leaf and what Python holds
    }
    a.node->handle = nullptr;
}

TEST(claims) {
    const Tensor x = leaf(2), a = x * x, b = a * x, c = a + x, d = x * x;
    {
        Run first(b.node.get(), true), second(c.node.get(), true), third(d.node.get(), true);
        CHECK(!first.mark(0) && first.mark(10) && Run::claimed(*a.node) && !Run::claimed(*c.node));
        CHECK_THROWS(GraphError, second.mark(10));  // one thread cannot wait for itself
        CHECK(third.mark(10));                      // a shared leaf stands in nobody's way
        third.walk(Array(1.0));
        first.walk(Array(1.0));
        CHECK(third.cotangent(*x.node).f64() == 4 && first.cotangent(*x.node).f64() == 12);
        CHECK(third.leaves().size() == 1);
    }
    CHECK(!any_claimed(b.node.get()) && !any_claimed(c.node.get()));

    // A leaf first met while another run had it appears once, though that run ends meanwhile.
    const Tensor e = (-x) * x;
    Run late(e.node.get(), true);
    {
        Run early(x.node.get(), true);
        CHECK(early.mark(1) && !late.mark(1));
    }
    CHECK(late.mark(10) && late.leaves().size() == 1);
    late.walk(Array(1.0));
    CHECK(late.cotangent(*x.node).f64() == -4);
}

TEST(failed_allocations) {
    const NothingLeft check;
    const std::vector<Tensor> x = leaves();
    const Tensor y = build(x);
    const auto expected = numbers(backward(y, x));
    const auto intact = [&] {
        return !any_claimed(y.node.get()) && numbers(backward(y, x)) == expected;
    };
    CHECK(fail_everywhere([&] { backward(y, x); }, intact) > 30);
    CHECK(fail_everywhere([&] { backward_recording(y, x); }, intact) > 30);
    CHECK(fail_everywhere([&] { build(x); }, intact) > 20);
}

TEST(interrupts) {
    const NothingLeft check;
    static int countdown;
    const Tensor x = leaf(1);
    Tensor y = x;
    for (int i = 0; i < 100000; ++i) y = y * x;
    for (int n = 0, stopped = 1; stopped; n += 3) {
        countdown = n;
        interrupt_hook = [] {
            if (countdown-- == 0) throw Stop();
        };
        try {
            stopped = 0;
            backward(y, {x});
        } catch (const Stop&) {
            stopped = 1;
        }
        interrupt_hook = nullptr;
        for (Node* at = y.node.get(); at; at = at->n_inputs ? at->input(0) : nullptr) {
            if (Run::claimed(*at)) return CHECK(false);
        }
    }
    CHECK(backward(y, {x})[0].f64() == 100001);
}
