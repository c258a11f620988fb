// Tangents and sweeps without Python: levels, nesting with walks, what is freed and what failure
// leaves.
#include "array/error.hpp"
#include "array/pool.hpp"
#include "check.hpp"
#include "graph/dual.hpp"
#include "graph/mode.hpp"
#include "graph/sweep.hpp"
#include "graphs.hpp"
#include "ops/structural.hpp"

using namespace rg;

namespace {

// Checks at its end that nothing made since its beginning is alive, and that no level is open.
struct NothingLeft {
    std::int64_t nodes = Node::live(), buffers = Buffer::live(), carriers = dual::carriers;
    ~NothingLeft() {
        CHECK(Node::live() == nodes && Buffer::live() == buffers && dual::carriers == carriers);
        CHECK(dual::levels == 0 && open_modes == 0);
    }
};

void ignore(Node&) noexcept {}

// The derivative of f at x along t, as bind does it.
template <class F>
Tensor push(F&& f, const Tensor& x, const Tensor& t) {
    struct Open {
        dual::Level level = dual::open_level();
        ~Open() { dual::close_level(level, ignore); }
    } open;
    return dual::tangent_of(f(dual::attach(x, t, open.level)), open.level);
}

Tensor one() { return Tensor(Array(1.0)); }

Tensor f(const Tensor& x) {
    return call<op::Tanh>(x * x) * call<op::Sin>(x) + x / Tensor(Array(3.0));
}

double close_to(const Array& a, const Array& b) { return std::fabs(a.f64() - b.f64()) < 1e-12; }

// Of many kinds of rules, from a matrix to a vector.
Tensor mixture(const Tensor& x) {
    const Place row{basic({at(1)}), {3, 2}};
    const Place some{positions({0, 5, 0}, {3}), {3, 2}};
    const Tensor a = setitem(Tensor(call<op::Tanh>(x)), getitem(x, row), row);
    const Tensor b = matmul(transpose(a, op::swap_last(2)), a + cumsum(reshape(x, {3, 2}), {0}));
    Tensor factors[] = {b};
    const Tensor products = apply(info<op::CumProd>(), factors, make_params(OneAxis{1}));
    Tensor in[] = {Tensor(Array::empty(DType::f64, {2, 4}))};
    in[0] = join(std::move(in[0]), recurrence(b, products, {0, true}), range_of({2, 4}, 1, 2, 2));
    in[0] = join(std::move(in[0]), b, range_of({2, 4}, 1, 0, 2));
    const Tensor c = apply(info<op::Max>(), in, make_params(Axes{1, true}));
    return getitem(x, some) * broadcast_to(sum(c, {3, false}), {3});
}

}  // namespace

TEST(any_nesting_gives_one_number) {
    const NothingLeft check;
    const Tensor x = leaf(0.7);
    const Array want = derivative(f(x), x, 3).value;
    const auto forward = [](auto g) { return [g](const Tensor& x) { return push(g, x, one()); }; };
    CHECK(close_to(forward(forward(forward(f)))(Tensor(x.value)).value, want));
    CHECK(close_to(derivative(forward(f)(x), x, 2).value, want));
    CHECK(close_to(derivative(forward(forward(f))(x), x, 1).value, want));
    const auto reverse = [](const Tensor& x) {
        const Tensor v = dual::variable(x);
        const Tensor base(v.value, NodePtr::share(v.node->input(0)));
        return backward_recording(f(v), {base})[0];
    };
    CHECK(close_to(forward(forward(reverse))(Tensor(x.value)).value, want));
}

TEST(perturbations_are_apart) {
    const NothingLeft check;
    const Tensor y = push(
        [](const Tensor& x) { return x * push([&](const Tensor& y) { return x + y; }, x, one()); },
        one(), one());
    CHECK(y.value.f64() == 1);
}

TEST(nothing_is_recorded) {
    const NothingLeft check;
    const std::int64_t nodes = Node::live();
    push(
        [&](const Tensor& x) {
            const Tensor y = f(f(x));
            CHECK(Node::live() == nodes && !y.recorded() && dual::has_tangent(y));
            return y;
        },
        Tensor(Array(0.5)), one());
}

TEST(a_closed_level_leaves_plain_values) {
    const NothingLeft check;
    static int plain = 0;
    const dual::Level level = dual::open_level();
    const Tensor x = dual::attach(one(), one(), level), y = x * x;
    CHECK(dual::tangent_of(y, level).value.f64() == 2 && dual::top_level(y) == level);
    dual::close_level(level, [](Node& n) noexcept { plain += n.is_carrier(); });
    CHECK(plain == 2 && !dual::has_tangent(y) && !(x * y).recorded());
    CHECK_THROWS(GraphError, dual::attach(one(), one(), level));
}

TEST(a_long_recorded_chain_is_freed_without_recursion) {
    const NothingLeft check;
    const Tensor x = leaf(1.0);
    push(
        [](const Tensor& x) {
            Tensor y = x;
            for (int i = 0; i < 200000; ++i) y = y * x;
            return y;
        },
        x, one());
}

TEST(sweeps_agree_with_tangents_and_walks) {
    const NothingLeft check;
    Random random(4);
    const Tensor x = leaf(random.reals({3, 2}, 0.2, 1));
    const Tensor y = mixture(x);
    const Sweep sweep({x.node}, {y.node}, false);
    Array seeds = Array::zeros(DType::f64, {6, 3, 2});
    for (int i = 0; i < 6; ++i) seeds.as<double>()[7 * i] = 1;
    const Tensor columns = sweep.push({Batched::wide(Tensor(seeds))})[0].tensor();
    Array units = Array::zeros(DType::f64, {3, 3});
    for (int i = 0; i < 3; ++i) units.as<double>()[4 * i] = 1;
    const Tensor rows = sweep.pull({Batched::wide(Tensor(units))})[0].tensor();
    CHECK(columns.value.shape() == Dims({6, 3}) && rows.value.shape() == Dims({3, 3, 2}));
    const Values by_column = values(columns.value), by_row = values(rows.value);
    for (int i = 0; i < 6; ++i) {
        Array e = Array::zeros(DType::f64, {3, 2});
        e.as<double>()[i] = 1;
        const Values t = values(push(mixture, Tensor(x.value), Tensor(e)).value);
        for (int j = 0; j < 3; ++j) {
            CHECK(std::fabs(by_column[3 * i + j] - t[j]) < 1e-13);
            CHECK(std::fabs(by_row[6 * j + i] - t[j]) < 1e-13);
        }
    }
}

TEST(no_memory_leaves_nothing) {
    Random random(5);
    const Array at = random.reals({3, 2}, 0.2, 1), along = random.reals({3, 2}, -1, 1);
    int n = 0;
    for (bool failed = true; failed; ++n) {
        const NothingLeft check;
        pool::fail_after(n + 1);
        try {
            push([](const Tensor& x) { return push(mixture, x, x); }, leaf(at), Tensor(along));
            failed = false;
        } catch (const AllocationError&) {
        }
        pool::fail_after(0);
    }
    CHECK(n > 20);
}
