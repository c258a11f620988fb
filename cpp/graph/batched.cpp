#include "graph/batched.hpp"

#include "array/view.hpp"
#include "ops/structural.hpp"

namespace rg {
namespace {

// `dims` behind the leading axis.
Dims widened(std::int64_t count, const Dims& dims) {
    Dims out{count};
    for (const std::int64_t d : dims) out.push_back(d);
    return out;
}

// The same place in each of `count` values.
Place widened(std::int64_t count, const Place& p) {
    Place out{p.index, widened(count, p.of)};
    Index& index = out.index;
    index.shape = widened(count, p.index.shape);
    if (index.basic) {
        index.items.insert(index.items.begin(), {Index::Item::Slice, 0, 1, count});
        return out;
    }
    const std::int64_t n = p.index.positions.size();
    std::int64_t step = 1;
    for (const std::int64_t d : p.of) step *= d;
    index.positions = Array::empty(DType::i64, {count * n});
    const auto* from = p.index.positions.as<std::int64_t>();
    auto* to = index.positions.as<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t j = 0; j < n; ++j) *to++ = from[j] + i * step;
    }
    if (index.winners) index.winners = broadcast_to(p.index.winners, index.shape);
    return out;
}

Tensor stretched(const Batched& a, std::int64_t count, const Dims& shape) {
    return broadcast_to(a.aligned(shape.size()), widened(count, shape));
}

}  // namespace

Batched Batched::wide(Tensor t) {
    Batched b(std::move(t));
    const Dims all = b.value_.value.shape();
    const Dims shape(all.data() + 1, all.size() - 1);
    const DType dtype = b.value_.value.dtype();
    b.item_ = shape.empty() ? Array::scalar(dtype, 0)
                            : Array::adopt(Layout::contiguous_of(dtype, shape), nullptr);
    b.wide_ = true;
    return b;
}

Tensor Batched::aligned(int n) const {
    const Dims item = layout()->dims();
    if (!wide_ || item.size() == n) return value_;
    Dims shape{count()};
    for (int i = item.size(); i < n; ++i) shape.push_back(1);
    for (const std::int64_t d : item) shape.push_back(d);
    return reshape(value_, shape);
}

Batched sum(const Batched& a, const Axes& axes) {
    if (!a.is_wide()) return Batched(sum(a.tensor(), axes));
    return Batched::wide(sum(a.tensor(), {axes.mask << 1, axes.keep}));
}

Batched reshape(const Batched& a, const Dims& shape) {
    if (!a.is_wide()) return Batched(reshape(a.tensor(), shape));
    return Batched::wide(reshape(a.tensor(), widened(a.count(), shape)));
}

Batched transpose(const Batched& a, const Permutation& p) {
    if (!a.is_wide()) return Batched(transpose(a.tensor(), p));
    Permutation all{{0}};
    for (const std::int64_t axis : p.axes) all.axes.push_back(axis + 1);
    return Batched::wide(transpose(a.tensor(), all));
}

Batched broadcast_to(const Batched& a, const Dims& shape) {
    if (!a.is_wide()) return Batched(broadcast_to(a.tensor(), shape));
    return Batched::wide(stretched(a, a.count(), shape));
}

Batched getitem(const Batched& a, const Place& p) {
    if (!a.is_wide()) return Batched(getitem(a.tensor(), p));
    return Batched::wide(getitem(a.tensor(), widened(a.count(), p)));
}

Batched scatter(const Batched& a, const Place& p) {
    if (!a.is_wide()) return Batched(scatter(a.tensor(), p));
    const Tensor from = stretched(a, a.count(), p.index.shape);
    return Batched::wide(scatter(from, widened(a.count(), p)));
}

Batched setitem(Batched&& a, const Batched& v, const Place& p) {
    if (!a.is_wide() && !v.is_wide()) {
        return Batched(setitem(Tensor(a.tensor()), v.tensor(), p));
    }
    const std::int64_t count = a.is_wide() ? a.count() : v.count();
    Tensor all = stretched(a, count, p.of);
    a = Batched();  // so that the write may be made in place
    return Batched::wide(
        setitem(std::move(all), v.aligned(p.index.shape.size()), widened(count, p)));
}

Batched cumsum(const Batched& a, const Scan& s) {
    if (!a.is_wide()) return Batched(cumsum(a.tensor(), s));
    return Batched::wide(cumsum(a.tensor(), {s.axis + 1, s.reverse}));
}

Batched recurrence(const Batched& a, const Batched& b, const Scan& s) {
    if (!a.is_wide() && !b.is_wide()) return Batched(recurrence(a.tensor(), b.tensor(), s));
    const std::int64_t count = a.is_wide() ? a.count() : b.count();
    const Dims shape = a.layout()->dims();
    return Batched::wide(recurrence(stretched(a, count, shape), stretched(b, count, shape),
                                    {s.axis + 1, s.reverse}));
}

namespace {

// What works element by element does not see the leading axis.
Batched each(const Batched& a, Tensor out) {
    return a.is_wide() ? Batched::wide(std::move(out)) : Batched(std::move(out));
}

}  // namespace

Batched cast(const Batched& a, const Target& t) { return each(a, cast(a.tensor(), t)); }
Batched real(const Batched& z) { return each(z, real(z.tensor())); }
Batched imag(const Batched& z) { return each(z, imag(z.tensor())); }
Batched conj(const Batched& z) { return each(z, conj(z.tensor())); }

Batched complex(const Batched& re, const Batched& im) {
    const int n = std::max(re.layout()->ndim, im.layout()->ndim);
    return each(re.is_wide() ? re : im, complex(re.aligned(n), im.aligned(n)));
}

// One product of matrices where the values can be stacked into one, a product each otherwise.
Batched matmul(const Batched& a, const Batched& b) {
    if (!a.is_wide() && !b.is_wide()) return Batched(matmul(a.tensor(), b.tensor()));
    const Dims shape = matmul_shape(a.layout()->dims(), b.layout()->dims());
    const Batched rows = reshape(a, op::MatMul::row(a)),
                  columns = reshape(b, op::MatMul::column(b));
    const Dims da = rows.layout()->dims(), db = columns.layout()->dims();
    Tensor out;
    if (!b.is_wide() && da.size() == 2 && db.size() == 2) {
        const Tensor stacked = reshape(rows.tensor(), {a.count() * da[0], da[1]});
        out = reshape(matmul(stacked, columns.tensor()), {a.count(), da[0], db[1]});
    } else if (!a.is_wide() && da.size() == 2 && db.size() == 2 && db[1] == 1) {
        const Tensor stacked = reshape(columns.tensor(), {b.count(), db[0]});
        out = matmul(stacked, transpose(rows.tensor(), op::swap_last(2)));
    } else {
        const int n = std::max(da.size(), db.size());
        out = matmul(rows.aligned(n), columns.aligned(n));
    }
    const std::int64_t count = a.is_wide() ? a.count() : b.count();
    return Batched::wide(reshape(out, widened(count, shape)));
}

}  // namespace rg
