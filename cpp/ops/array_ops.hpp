// The words of structural rules, computed on arrays. graph declares the same words on tensors.
#pragma once

#include "array/view.hpp"
#include "ops/op.hpp"
#include "ops/value.hpp"

namespace rg {

// One elementwise operation over broadcast operands of one floating dtype. Throws ShapeError. The
// result is written into the memory of `spare`, an operand of which nobody else knows, if it fits.
Array elementwise(const OpInfo& op, const Array* const* in, const Array* spare = nullptr);

// One pass of an elementwise cotangent rule: out = vjp or out += vjp. An operand that the rule does
// not read may be empty.
void pull_into(const OpInfo& op, std::uint32_t k, const Array& g, const Array* in, const Array& y,
               Array& out, bool add);

// out = base + vjp, in one pass over memory where all lies alike; `base` broadcasts to `out`.
void pull_onto(const OpInfo& op, std::uint32_t k, const Array& g, const Array* in, const Array& y,
               const Array& base, Array& out);

// a += b, where a owns its elements and b broadcasts to it.
void add_into(Array& a, const Array& b);
// A sum of two contributions; takes over whichever memory nobody else sees.
void accumulate(Array& sum, Array&& contribution);

Array sum(const Array& a, const Axes& axes);
Array max(const Array& a, const Axes& axes);
Array min(const Array& a, const Axes& axes);
Array matmul(const Array& a, const Array& b);

// Sums and products so far.
Array cumsum(const Array& a, const Scan& s);
Array cumprod(const Array& a, int axis);
// y[i] = b[i] + a[i] * y[i-1] with y[0] = b[0]; from the end y[i] = b[i] + a[i+1] * y[i+1], which
// is how cotangents come back through the former. Of one shape.
Array recurrence(const Array& a, const Array& b, const Scan& s);

Array transpose(const Array& a, const Permutation& p);
Array getitem(const Array& a, const Place& p);
// Zeros of shape p.of with g added where the index points.
Array scatter(const Array& g, const Place& p);
void scatter_into(Array& sum, const Array& g, const Place& p);
// Writes v where the index points into `a`, which owns its elements. Cannot stop half way.
void write_at(Array& a, const Array& v, const Place& p);
// `a` with v written there; in place if `a` is the only owner, and unchanged if this throws.
Array setitem(Array&& a, const Array& v, const Place& p);
// `count` places from `start` on along one axis, and all along the others.
Place range_of(const Dims& of, int axis, std::int64_t start, std::int64_t count);
// The same elements in memory of their own, so that the owner of the whole may be reused.
inline Array own(const Array& a) { return copy(a); }

// Masks of ones and zeros, and the few elementwise words structural rules use.
Array equal(const Array& a, const Array& b);
Array isnan(const Array& a);
Array either(const Array& a, const Array& b);
Array where(const Array& c, const Array& a, const Array& b);
Array operator*(const Array& a, const Array& b);
Array operator/(const Array& a, const Array& b);
Array operator-(const Array& a);
inline Array lift(op::Const c, const Array& like) { return Array::scalar(like.dtype(), c.v); }
template <class V>
V constant(const Array& a) {
    return V(a);
}
inline Array cast(const Array& a, const Target& t) { return cast(a, t.dtype); }

// Between real and complex numbers, element by element; see complex.cpp.
Array real(const Array& z);
Array imag(const Array& z);
Array conj(const Array& z);
Array modulus(const Array& z);
Array complex(const Array& re, const Array& im);

// Kernels of the reductions and of the matrix product, replaced by NumPy's at import.
extern Kernel sum_kernel[kNumberTypes];
extern Kernel max_kernel[kFloatTypes];
extern Kernel min_kernel[kFloatTypes];
extern Kernel matmul_kernel[kNumberTypes];

// Shape rules, also used for checking before anything is computed.
Dims reduced_shape(const Dims& shape, const Axes& axes);
Dims matmul_shape(const Dims& a, const Dims& b);

}  // namespace rg
