// First, second and third derivatives through the graph. Random programs with integer values are
// polynomials of low degree, for which a difference quotient is exact: gradients compare with ==.
#include <cfloat>
#include <string>

#include "check.hpp"
#include "graphs.hpp"
#include "ops/structural.hpp"

using namespace rg;

namespace {

struct Term {
    Tensor t;
    int degree;
};

Axes every_axis(const Tensor& t) { return {(std::uint64_t{1} << t.value.ndim()) - 1, false}; }

Place random_place(Random& random, const Dims& shape) {
    std::int64_t size = 1;
    for (const std::int64_t d : shape) size *= d;
    if (random.integer(0, 1)) {
        Values at(4);
        for (double& x : at) x = double(random.integer(0, size - 1));
        Place p{positions(at, {2, 2}), shape};
        find_winners(p.index, size, DType::f64);
        return p;
    }
    std::vector<Index::Item> items;
    for (const std::int64_t d : shape) {
        switch (random.integer(0, 3)) {
            case 0:
                items.push_back(at(random.integer(0, d - 1)));
                break;
            case 1:
                items.push_back(new_axis());
                [[fallthrough]];
            case 2:
                items.push_back(range(d - 1, -1, d));
                break;
            default:
                items.push_back(range(0, 2, (d + 1) / 2));
        }
    }
    return {basic(std::move(items)), shape};
}

bool multiply(const Dims& a, const Dims& b) {
    return !a.empty() && !b.empty() && a.back() == b[std::max(b.size() - 2, 0)] &&
           a.size() + b.size() <= 4;
}

// The same program for the same seed: a scalar, of degree three at most in all leaves together.
Tensor program(std::uint64_t seed, const std::vector<Tensor>& leaves) {
    Random random(seed);
    std::vector<Term> terms;
    for (const Tensor& x : leaves) terms.push_back({x, 1});
    terms.push_back({Tensor(random.integers({2, 3})), 0});
    const auto pick = [&]() -> const Term& {
        return terms[std::size_t(random.integer(0, std::int64_t(terms.size()) - 1))];
    };
    for (int steps = 0; steps < 12; ++steps) {
        const auto [a, da] = pick();
        const auto [b, db] = pick();
        const Dims shape = a.value.shape(), other = b.value.shape();
        Dims both;
        const bool fits = broadcast(shape, other, both);
        Tensor made;
        int degree = da;
        switch (random.integer(0, 9)) {
            case 0:
                if (fits) made = a + b, degree = std::max(da, db);
                break;
            case 1:
                if (fits) made = a - b, degree = std::max(da, db);
                break;
            case 2:
                if (fits && da + db <= 3) made = a * b, degree = da + db;
                break;
            case 3:
                if (multiply(shape, other) && da + db <= 3) made = matmul(a, b), degree = da + db;
                break;
            case 4:
                made = sum(a, {std::uint64_t(random.integer(0, 7)), bool(da & 1)});
                break;
            case 5: {
                Dims axes;
                for (int i = shape.size(); i-- > 0;) axes.push_back(i);
                made = transpose(a, Permutation{axes});
                break;
            }
            case 6: {
                const std::int64_t rows = a.value.size() % 2 ? 1 : 2;
                made = reshape(a, {rows, a.value.size() / rows});
                break;
            }
            case 7:
                made = getitem(a, random_place(random, shape));
                break;
            case 8: {
                const Place p = random_place(random, shape);
                if (broadcast(p.index.shape, other, both) && both == p.index.shape) {
                    made = setitem(Tensor(a), b, p), degree = std::max(da, db);
                } else {
                    made = scatter(getitem(a, p), p);
                }
                break;
            }
            default:
                made = where(Tensor(random.integers(shape, 1)), a, -a);
        }
        if (made.layout() && made.value.size() <= 40) terms.push_back({made, degree});
    }
    Tensor total(Array(0.0));
    for (const Term& term : terms) {
        total = total + sum(term.t, every_axis(term.t)) * Tensor(Array(double(pick().degree + 1)));
    }
    return total;
}

std::vector<Tensor> shifted(const std::vector<Array>& at, const std::vector<Array>& along,
                            double by) {
    std::vector<Tensor> leaves;
    for (std::size_t i = 0; i < at.size(); ++i) {
        leaves.push_back(leaf((Tensor(at[i]) + Tensor(along[i] * Array(by))).value));
    }
    return leaves;
}

double dot(const std::vector<Array>& a, const std::vector<Array>& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!a[i]) continue;
        CHECK(a[i].same_shape(b[i]));
        each(b[i].shape(), [&](const Dims& at) { total += element(a[i], at) * element(b[i], at); });
    }
    return total;
}

// Exact for polynomials up to the fourth degree.
template <class F>
double slope(F&& f) {
    return (8 * (f(1.0) - f(-1.0)) - (f(2.0) - f(-2.0))) / 12;
}

}  // namespace

TEST(integer_programs_are_exact) {
    const std::int64_t nodes = Node::live(), buffers = Buffer::live();
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Random random(seed + 100);
        std::vector<Array> x, u, v;
        for (const Dims& shape : {Dims{2, 3}, Dims{3, 2}, Dims{3}, Dims{2, 1}, Dims{}}) {
            x.push_back(random.integers(shape));
            u.push_back(random.integers(shape, 2));
            v.push_back(random.integers(shape, 2));
        }
        const std::vector<Tensor> leaves = shifted(x, u, 0);
        const Tensor y = program(seed, leaves);
        const double first = dot(backward(y, leaves), u);
        CHECK(first ==
              slope([&](double t) { return program(seed, shifted(x, u, t)).value.f64(); }));

        const std::vector<Tensor> grads = backward_recording(y, leaves);
        Tensor h(Array(0.0));
        for (std::size_t i = 0; i < grads.size(); ++i) {
            if (grads[i].layout()) h = h + sum(grads[i] * Tensor(u[i]), every_axis(grads[i]));
        }
        CHECK(h.value.f64() == first);
        const double second = h.node ? dot(backward(h, leaves), v) : 0;
        CHECK(second == slope([&](double t) {
                  const std::vector<Tensor> near_by = shifted(x, v, t);
                  return dot(backward(program(seed, near_by), near_by), u);
              }));
    }
    CHECK(Node::live() == nodes && Buffer::live() == buffers);
}

TEST(second_derivatives_of_every_rule) {
    Random random(7);
    for (const OpInfo& op : all_ops()) {
        if (!op.elementwise || !op.differentiable) continue;
        for (int k = 0; k < op.arity; ++k) {
            const std::string name = op.name;
            const bool inside = name == "arcsin" || name == "arccos" || name == "arctanh";
            double at[] = {inside ? 0.6 : 1.3, -2.4, 0.7};
            const auto build = [&](double x, Tensor& wanted) {
                Tensor in[3];
                for (int j = 0; j < op.arity; ++j) in[j] = leaf(j == k ? x : at[j]);
                wanted = in[k];
                return apply(op, in);
            };
            const auto first = [&](double x) {
                Tensor wanted;
                const Tensor y = build(x, wanted);
                return backward(y, {wanted})[0].f64();
            };
            Tensor wanted;
            const Tensor y = build(at[k], wanted);
            const double second = derivative(y, wanted, 2).value.f64();
            const double h = 1e-5, expected = (first(at[k] + h) - first(at[k] - h)) / (2 * h);
            if (!near(second, expected, 1e-8)) std::fprintf(stderr, "%s %d\n", op.name, k);
            CHECK(near(second, expected, 1e-8));
            CHECK(near(derivative(y, wanted, 1).value.f64(), first(at[k]), 4 * DBL_EPSILON));
        }
    }
}

TEST(third_derivatives) {
    const Tensor x = leaf(0.6);
    const double s = std::sin(0.6), c = std::cos(0.6), e = std::exp(0.6), t = std::tanh(0.6);
    const auto third = [&](const Tensor& y) { return derivative(y, x, 3).value.f64(); };
    CHECK(near(third(call<op::Sin>(x)), -c, 1e-15) && near(third(call<op::Cos>(x)), s, 1e-15));
    CHECK(near(third(call<op::Exp>(x)), e, 1e-15) &&
          near(third(call<op::Log>(x)), 2 / (0.6 * 0.6 * 0.6), 1e-14));
    CHECK(near(third(call<op::Tanh>(x)), -2 * (1 - t * t) * (1 - 3 * t * t), 1e-14));
    CHECK(near(third(call<op::ArcTan>(x)), (6 * 0.36 - 2) / std::pow(1.36, 3), 1e-14));
    CHECK(near(third(call<op::Log1p>(x)), 2 / std::pow(1.6, 3), 1e-14));
    CHECK(near(third(call<op::Pow>(x, Tensor(Array(5.0)))), 60 * 0.36, 1e-14));
    CHECK(near(third(call<op::Sqrt>(x)), 0.375 * std::pow(0.6, -2.5), 1e-14));
    CHECK(near(third(Tensor(Array(1.0)) / x), -6 / std::pow(0.6, 4), 1e-14));
    CHECK(near(third(call<op::Exp>(call<op::Sin>(x))), std::exp(s) * (c * c * c - 3 * s * c - c),
               1e-14));
    CHECK(third(x * x) == 0 && derivative(x * x * x, x, 3).value.f64() == 6);
}

TEST(maxima_share_and_have_a_second_derivative) {
    const Tensor x = leaf(array({2, 3}, {1, 5, 5, 2, 2, 2}));
    Tensor in[] = {x};
    const Tensor y = apply(info<op::Max>(), in, make_params(Axes{2, false}));
    CHECK(values(y.value) == Values({5, 2}));
    const double third = 1.0 / 3;
    CHECK(values(backward(y, {x})[0]) == Values({0, 0.5, 0.5, third, third, third}));
    const Tensor g = backward_recording(sum(y * y, {1}), {x})[0];
    CHECK(near(values(g.value), {0, 5, 5, 4 * third, 4 * third, 4 * third}, 1e-15));
    const Tensor h = g * Tensor(array({2, 3}, {1, 1, 0, 1, 0, 0}));
    const double ninth = 2.0 / 9;
    CHECK(near(values(backward(h, {x})[0]), {0, 0.5, 0.5, ninth, ninth, ninth}, 1e-15));
}
