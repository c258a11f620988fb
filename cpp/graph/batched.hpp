// Many values of one shape as one tensor with a leading axis, which the rules do not see: to them
// it is a value like any other. That is how k seeds go through a recorded graph in one sweep.
#pragma once

#include <concepts>

#include "graph/record.hpp"
#include "graph/tensor.hpp"

namespace rg {

class Batched {
public:
    using is_value = void;

    Batched() noexcept = default;
    // One value, the same for all.
    explicit Batched(Tensor t) : value_(std::move(t)), item_(value_.value.without_value()) {}
    explicit Batched(const Array& a) : Batched(Tensor(a)) {}
    // Along the first axis.
    static Batched wide(Tensor t);

    // Of one value.
    const Layout* layout() const noexcept { return item_.layout(); }
    bool is_wide() const noexcept { return wide_; }
    std::int64_t count() const { return value_.value.layout()->shape()[0]; }
    const Tensor& tensor() const noexcept { return value_; }
    // With axes of length one before those of a single value, which then has n of them.
    Tensor aligned(int n) const;

private:
    Tensor value_;
    Array item_;  // shape and dtype
    bool wide_ = false;
};

// An elementwise operation; also what a rule calls by name.
template <class Op, std::same_as<Batched>... T>
Batched call(const T&... x) {
    const int n = std::max({int(x.layout()->ndim)...});
    Tensor in[] = {x.aligned(n)...};
    Tensor out = apply(info<Op>(), in);
    return (x.is_wide() || ...) ? Batched::wide(std::move(out)) : Batched(std::move(out));
}

Batched sum(const Batched& a, const Axes& axes);
Batched matmul(const Batched& a, const Batched& b);
Batched reshape(const Batched& a, const Dims& shape);
Batched transpose(const Batched& a, const Permutation& p);
Batched broadcast_to(const Batched& a, const Dims& shape);
Batched getitem(const Batched& a, const Place& p);
Batched scatter(const Batched& a, const Place& p);
Batched setitem(Batched&& a, const Batched& v, const Place& p);
Batched cumsum(const Batched& a, const Scan& s);
Batched recurrence(const Batched& a, const Batched& b, const Scan& s);
Batched cast(const Batched& a, const Target& t);
Batched real(const Batched& z);
Batched imag(const Batched& z);
Batched conj(const Batched& z);
Batched complex(const Batched& re, const Batched& im);
inline Batched own(const Batched& a) { return a; }

inline Batched operator+(const Batched& a, const Batched& b) { return call<op::Add>(a, b); }
inline Batched operator-(const Batched& a, const Batched& b) { return call<op::Sub>(a, b); }
inline Batched operator*(const Batched& a, const Batched& b) { return call<op::Mul>(a, b); }
inline Batched operator/(const Batched& a, const Batched& b) { return call<op::Div>(a, b); }
inline Batched operator-(const Batched& a) { return call<op::Neg>(a); }
inline Batched where(const Batched& c, const Batched& a, const Batched& b) {
    return call<op::Where>(c, a, b);
}

// Masks: ones and zeros, constant.
inline Batched operator==(const Batched& a, const Batched& b) { return call<op::Equal>(a, b); }
inline Batched operator>(const Batched& a, const Batched& b) { return call<op::Greater>(a, b); }
inline Batched operator<(const Batched& a, const Batched& b) { return b > a; }
inline Batched isnan(const Batched& a) { return call<op::IsNan>(a); }
inline Batched equal(const Batched& a, const Batched& b) { return a == b; }
inline Batched both(const Batched& a, const Batched& b) { return a * b; }
inline Batched either(const Batched& a, const Batched& b) { return where(a, a, b); }

inline Batched lift(op::Const c, const Batched& like) {
    return Batched(Array::scalar(like.layout()->dtype, c.v));
}

}  // namespace rg
