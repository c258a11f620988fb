// Indices, writes, reductions and matrix products on arrays, against brute force over elements.
#include "arrays.hpp"
#include "check.hpp"
#include "ops/structural.hpp"

using namespace rg;

TEST(indices) {
    const Array a = arange({4, 5});
    const Array b = slice(a, basic({range(3, -2, 2), at(1), new_axis()}));
    CHECK(b.shape() == Dims({2, 1}) && values(b) == Values({16, 6}));
    CHECK(values(slice(b, basic({range(1, -1, 2), at(0)}))) == Values({6, 16}));
    CHECK(slice(a, basic({range(4, 1, 0), range(0, 1, 5)})).shape() == Dims({0, 5}));
    CHECK(slice(Array(3.0), basic({new_axis()})).shape() == Dims({1}));

    const Place rows{basic({range(3, -2, 2), range(0, 1, 5)}), {4, 5}};
    CHECK(values(sum(scatter(getitem(a, rows), rows), {2})) == Values({0, 35, 0, 85}));
    const Place twice{positions({7, 2, 7, 0}, {2, 2}), {4, 5}};
    CHECK(values(getitem(transpose(a, Dims{1, 0}), {positions({1, 4}, {2}), {5, 4}})) ==
          Values({5, 1}));
    CHECK(values(getitem(a, twice)) == Values({7, 2, 7, 0}));
    const Array scattered = scatter(arange({2, 2}, 1), twice);
    CHECK(element(scattered, {1, 2}) == 4 && values(sum(scattered, {3})) == Values({10}));
    Array total = scattered;  // shared: adding into it must leave `scattered` alone
    scatter_into(total, Array(1.0), twice);
    CHECK(element(total, {1, 2}) == 6 && element(scattered, {1, 2}) == 4);
}

TEST(setitem_and_winners) {
    Place p{positions({2, 0, 2, 1}, {4}), {3}};
    find_winners(p.index, 3, DType::f64);
    CHECK(values(p.index.winners) == Values({0, 1, 1, 1}));
    Array a = arange({3});
    const char* memory = a.data();
    a = setitem(std::move(a), arange({4}, 10), p);
    CHECK(values(a) == Values({11, 13, 12}) && a.data() == memory);
    const Array shared = a, b = setitem(std::move(a), Array(0.0), {basic({range(2, -2, 2)}), {3}});
    CHECK(values(b) == Values({0, 13, 0}) && values(shared) == Values({11, 13, 12}));
    Index all_differ = positions({2, 0}, {2});
    find_winners(all_differ, 3, DType::f32);
    CHECK(!all_differ.winners);
    CHECK(setitem(Array(1.0), Array(5.0), {basic({}), {}}).f64() == 5);
    Array shift = arange({4});
    shift = setitem(Array(shift), slice(shift, basic({range(0, 1, 3)})),
                    {basic({range(1, 1, 3)}), {4}});
    CHECK(values(shift) == Values({0, 0, 1, 2}));
}

TEST(reductions_over_all_axis_subsets) {
    Random random(3);
    for (int trial = 0; trial < 1500; ++trial) {
        Values map;
        const Array a = random_view(random, map), a32 = cast(a, DType::f32);
        for (std::uint64_t mask = 0; mask < std::uint64_t{1} << a.ndim(); ++mask) {
            for (const bool keep : {false, true}) {
                const Axes axes{mask, keep};
                Values totals, largest, smallest;
                const Dims kept = reduced_shape(a.shape(), {mask, true});
                each(kept, [&](const Dims&) {
                    totals.push_back(0);
                    largest.push_back(-1);
                    smallest.push_back(1e9);
                });
                Array where_to = arange(kept);
                each(a.shape(), [&](const Dims& at) {
                    const auto to = std::size_t(element(where_to, at));
                    totals[to] += element(a, at);
                    largest[to] = std::max(largest[to], element(a, at));
                    smallest[to] = std::min(smallest[to], element(a, at));
                });
                CHECK(values(sum(a, axes)) == totals && values(max(a, axes)) == largest);
                CHECK(values(sum(a32, axes)) == totals && values(max(a32, axes)) == largest);
                CHECK(values(min(a, axes)) == smallest && values(min(a32, axes)) == smallest);
                CHECK(sum(a, axes).shape() == reduced_shape(a.shape(), axes));
            }
        }
    }
    CHECK(values(sum(Array::zeros(DType::f64, {0, 2}), {1})) == Values({0, 0}));
    CHECK_THROWS(ShapeError, max(Array::zeros(DType::f64, {0, 2}), {1}));
    CHECK_THROWS(ShapeError, min(Array::zeros(DType::f64, {0, 2}), {1}));
    CHECK(max(Array::zeros(DType::f64, {0, 2}), {2}).size() == 0);
    CHECK(values(sum(arange({200000}), {1})) == Values({19999900000.0}));
    CHECK(values(max(arange({1000}), {1})) == Values({999}));
}

TEST(joins_share_one_array) {
    Tensor joined(Array::empty(DType::f64, {2, 5}));
    const char* memory = joined.value.data();
    const Tensor a(arange({2, 2})), b(arange({2, 3}, 10));
    joined = join(std::move(joined), a, range_of({2, 5}, 1, 0, 2));
    joined = join(std::move(joined), b, range_of({2, 5}, 1, 2, 3));
    CHECK(values(joined.value) == Values({0, 1, 10, 11, 12, 2, 3, 13, 14, 15}));
    CHECK(joined.value.data() == memory && range_of({2, 5}, 1, 2, 3).index.shape == Dims({2, 3}));
}

TEST(distinct_positions) {
    Place p{positions({2, 0, 3}, {3}), {2, 2}};
    p.index.distinct = true;
    CHECK(values(scatter(arange({3}, 1), p)) == Values({2, 0, 1, 3}));
    Place all{positions({2, 0, 3, 1}, {4}), {2, 2}};
    all.index.distinct = true;
    Array sum = scatter(arange({4}, 1), all);
    CHECK(values(sum) == Values({2, 4, 1, 3}));
    scatter_into(sum, Array(1.0), all);
    CHECK(values(sum) == Values({3, 5, 2, 4}));
}

TEST(scans_along_every_axis) {
    Random random(5);
    for (int trial = 0; trial < 1500; ++trial) {
        Values map;
        const Array a = random_view(random, map), b = random.integers(a.shape());
        for (int axis = 0; axis < a.ndim(); ++axis) {
            const std::int64_t n = a.shape()[axis];
            const Array sums = cumsum(a, {axis}), from_end = cumsum(a, {axis, true});
            const Array products = cumprod(a, axis);
            const Array forward = recurrence(a, b, {axis}),
                        backward = recurrence(a, b, {axis, true});
            CHECK(values(cumsum(cast(a, DType::f32), {axis})) == values(sums));
            each(a.shape(), [&](const Dims& at) {
                Dims before = at, after = at;
                --before[axis], ++after[axis];
                const bool first = at[axis] == 0, last = after[axis] == n;
                const double x = element(a, at), y = element(b, at);
                CHECK(element(sums, at) == x + (first ? 0 : element(sums, before)));
                CHECK(element(from_end, at) == x + (last ? 0 : element(from_end, after)));
                CHECK(element(products, at) == x * (first ? 1 : element(products, before)));
                CHECK(element(forward, at) == y + (first ? 0 : x * element(forward, before)));
                CHECK(element(backward, at) ==
                      y + (last ? 0 : element(a, after) * element(backward, after)));
            });
        }
    }
    CHECK(std::signbit(values(cumsum(array({1}, {-0.0}), {0}))[0]));
}

TEST(matmul) {
    Random random(4);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto m = random.integer(0, 4), k = random.integer(0, 4), p = random.integer(0, 4);
        const bool row = random.integer(0, 4) == 0, column = random.integer(0, 4) == 0;
        const auto operand = [&](std::int64_t r, std::int64_t c, bool flat) {
            if (flat) return random.integers({r * c});
            Dims shape = random.shape(2, 2, 1);
            shape.push_back(random.integer(0, 1) ? r : c);
            shape.push_back(shape.back() == r ? c : r);
            Array a = random.integers(shape);
            return shape.back() == c && shape[shape.size() - 2] == r
                       ? a
                       : transpose(a, op::swap_last(a.ndim()).axes);
        };
        const Array a = operand(row ? 1 : m, k, row), b = operand(k, column ? 1 : p, column);
        const Array c = matmul(a, b);
        const Array a2 = reshape(a, op::MatMul::row(a)), b2 = reshape(b, op::MatMul::column(b));
        const Array c2 = reshape(c, matmul_shape(a2.shape(), b2.shape()));
        each(c2.shape(), [&](Dims at) {
            const int n = at.size();
            double total = 0;
            for (std::int64_t l = 0; l < k; ++l) {
                Dims left = at, right = at;
                left[n - 1] = right[n - 2] = l;
                total += element(a2, left) * element(b2, right);
            }
            CHECK(element(c2, at) == total);
        });
    }
    CHECK(matmul(arange({3}), arange({3})).f64() == 5);
    CHECK_THROWS(ShapeError, matmul(arange({2}), arange({3})));
    CHECK_THROWS(ShapeError, matmul(Array(1.0), arange({3})));
    CHECK_THROWS(ShapeError, matmul(arange({2, 1, 1}), arange({3, 1, 1})));
}
