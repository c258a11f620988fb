// Memory, layouts, views and broadcasting, against brute force over elements.
#include "array/dims.hpp"
#include "arrays.hpp"
#include "check.hpp"

using namespace rg;

namespace {

// The shape cut anew: the same number of elements on other axes, ones thrown in.
Dims recut(Random& random, std::int64_t size) {
    Dims shape;
    while (size > 1) {
        std::int64_t d = random.integer(1, size);
        while (size % d) --d;
        shape.push_back(d);
        size /= d;
        if (shape.size() > 8) break;
    }
    if (size != 1 || random.integer(0, 2) == 0) shape.push_back(size);
    return shape;
}

}  // namespace

TEST(pool) {
    void* p = pool::allocate(1000);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
    pool::release(p, 1000);
    for (std::size_t bytes = 1; bytes < 70000; bytes += bytes / 3 + 1) {
        void* block = pool::allocate(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
        std::memset(block, 1, bytes);
        pool::release(block, bytes);
    }
    CHECK_THROWS(AllocationError, pool::allocate(std::size_t{1} << 63));
    pool::release(pool::allocate(100), 100);
    const std::size_t cached = pool::cached_bytes();
    pool::release(pool::allocate(100), 100);
    CHECK(pool::cached_bytes() == cached);
}

TEST(buffers_are_counted) {
    const auto before = Buffer::live();
    {
        const Array a = arange({3, 4}), b = a, c = transpose(a, Dims{1, 0});
        CHECK(Buffer::live() == before + 1 && !a.unique());
        const Array one = slice(a, basic({at(1), at(2)}));
        CHECK(one.is_scalar() && one.f64() == 6 && one.buffer() == nullptr);
        Array moved = copy(c);
        CHECK(moved.unique() && moved.contiguous() && Buffer::live() == before + 2);
        moved = moved;
        CHECK(moved.unique());
        CHECK(!a.without_value().has_value() && a.without_value().shape() == a.shape());
    }
    CHECK(Buffer::live() == before);
    double outside[] = {1, 2, 3};
    static int dropped = 0;
    {
        Buffer* b = Buffer::borrow(
            reinterpret_cast<char*>(outside), sizeof outside,
            [](void* owner) { *static_cast<int*>(owner) += 1; }, &dropped);
        const Array a = Array::adopt(Layout::contiguous_of(DType::f64, {3}), b);
        CHECK(!a.unique() && values(a) == Values({1, 2, 3}) && dropped == 0);
    }
    CHECK(dropped == 1 && Buffer::live() == before);
}

TEST(layouts) {
    const Array a = Array::empty(DType::f32, {2, 3}), b = Array::empty_like(a);
    CHECK(a.layout() == b.layout() && a.nbytes() == 24 && a.contiguous());
    CHECK(a.layout()->strides()[0] == 12 && a.layout()->strides()[1] == 4);
    CHECK(!transpose(a, Dims{1, 0}).contiguous());
    CHECK(Array::empty(DType::f64, {}).is_scalar64() && !Array::zeros(DType::i64, {}).is_scalar());
    CHECK(Array::zeros(DType::f64, {0, 3}).size() == 0);
    CHECK(broadcast_to(arange({2}), {1, 2}).contiguous());  // whatever the first axis's stride
    CHECK(to_string(Dims{}) == "()" && to_string(Dims{4}) == "(4,)");
    const std::int64_t big[] = {std::int64_t{1} << 40, std::int64_t{1} << 30}, none[] = {big[0], 0};
    CHECK_THROWS(AllocationError, count_elements(big, 8));
    CHECK(count_elements(none, 8) == 0);
    CHECK(values(cast(arange({3}), DType::f32)) == Values({0, 1, 2}));
}

TEST(reshape_keeps_the_order) {
    Random random(1);
    for (int trial = 0; trial < 20000; ++trial) {
        Values map;
        const Array a = random_view(random, map);
        const Dims shape = recut(random, a.size());
        const Array b = reshape(a, shape);
        CHECK(b.shape() == shape && values(b) == map);
        CHECK(values(contiguous(a)) == map && values(copy(a)) == map);
        CHECK(values(reshape(b, a.shape())) == map);
    }
    // Axes of length one have any stride; here it looks as if they joined their neighbours.
    const Array wide = broadcast_to(arange({3}), {2, 1, 3});
    CHECK(values(reshape(wide, {6})) == Values({0, 1, 2, 0, 1, 2}));
    const Array a = arange({4, 6});
    const Array cut = slice(a, basic({range(0, 2, 2), range(0, 1, 6)}));
    CHECK(reshape(cut, {2, 3, 2}).buffer() == a.buffer());  // where it can, it is a view
    CHECK(reshape(cut, {2, 1, 6, 1}).buffer() == a.buffer());
    CHECK(
        reshape(slice(cut, basic({range(0, 1, 2), new_axis(), range(0, 1, 6)})), {2, 6}).buffer() ==
        a.buffer());
    CHECK(reshape(cut, {12}).buffer() != a.buffer());
    CHECK(values(reshape(Array(2.0), {1, 1})) == Values({2}) && reshape(a, {24}).contiguous());
    CHECK(reshape(Array::zeros(DType::f64, {0, 3}), {5, 0}).size() == 0);
}

TEST(broadcast_shapes) {
    Random random(2);
    for (int trial = 0; trial < 5000; ++trial) {
        const Dims a = random.shape(4, 3), b = random.shape(4, 3);
        const int n = std::max(a.size(), b.size());
        Dims expected(n, 0), out;
        bool fits = true;
        for (int i = 0; i < n; ++i) {
            const int ia = i - (n - a.size()), ib = i - (n - b.size());
            const auto x = ia < 0 ? 1 : a[ia], y = ib < 0 ? 1 : b[ib];
            fits = fits && (x == y || x == 1 || y == 1);
            expected[i] = x == 1 ? y : x;
        }
        CHECK(broadcast(a, b, out) == fits && (!fits || out == expected));
        if (!fits) continue;
        const Array x = arange(a, 1), y = arange(b, 1), wide = broadcast_to(x, out), z = x * y;
        CHECK(wide.shape() == out && z.shape() == out);
        each(out, [&](const Dims& at) {
            CHECK(element(wide, at) == element(x, at));
            CHECK(element(z, at) == element(x, at) * element(y, at));
        });
    }
    CHECK_THROWS(ShapeError, arange({2}) * arange({3}));
}
