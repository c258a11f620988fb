#include "graph/tensor.hpp"

#include <optional>

#include "graph/dual.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

template <class Op>
Tensor unary(const Tensor& a, const ParamsPtr& params = {}) {
    Tensor in[] = {a};
    return apply(info<Op>(), in, params);
}

template <class Op>
Tensor binary(const Tensor& a, const Tensor& b, const ParamsPtr& params = {}) {
    Tensor in[] = {a, b};
    return apply(info<Op>(), in, params);
}

// `a` with v written at a place, in the memory of `a` where nobody else has it.
template <class Op>
Tensor write(Tensor&& a, const Tensor& v, const Place& p) {
    // The node comes first: a write in place that nothing records could not be taken back.
    const Tensor in[] = {Tensor(a.value.without_value(), a.node),
                         v.value.dtype() == a.value.dtype() ? v : cast(v, {a.value.dtype()})};
    std::optional<OpScope> scope;
    if (observers) scope.emplace();
    const Array shape = a.value.without_value();
    const ParamsPtr params = make_params(p);
    NodePtr node = dual::levels ? dual::record_write(info<Op>(), in, shape, params)
                                : record_plain(info<Op>(), in, shape, params);
    Array out = setitem(std::move(a.value), in[1].value, p);
    if (node) dual::settle(*node);
    Tensor result(std::move(out), std::move(node));
    if (scope) scope->finish(info<Op>(), Op::name, in, result.value, result.recorded());
    return result;
}

}  // namespace

Tensor sum(const Tensor& a, const Axes& axes) { return unary<op::Sum>(a, make_params(axes)); }
Tensor matmul(const Tensor& a, const Tensor& b) { return binary<op::MatMul>(a, b); }

Tensor reshape(const Tensor& a, const Dims& shape) {
    if (a.value.shape() == shape) return a;
    return unary<op::Reshape>(a, make_params(Shape{shape}));
}

Tensor transpose(const Tensor& a, const Permutation& p) {
    return unary<op::Transpose>(a, make_params(p));
}

Tensor broadcast_to(const Tensor& a, const Dims& shape) {
    if (a.value.shape() == shape) return a;
    return unary<op::Broadcast>(a, make_params(Shape{shape}));
}

Tensor getitem(const Tensor& a, const Place& p) { return unary<op::GetItem>(a, make_params(p)); }
Tensor scatter(const Tensor& a, const Place& p) { return unary<op::Scatter>(a, make_params(p)); }

Tensor setitem(Tensor&& a, const Tensor& v, const Place& p) {
    return write<op::SetItem>(std::move(a), v, p);
}
Tensor join(Tensor&& a, const Tensor& v, const Place& p) {
    return write<op::Join>(std::move(a), v, p);
}

Tensor cumsum(const Tensor& a, const Scan& s) { return unary<op::CumSum>(a, make_params(s)); }
Tensor recurrence(const Tensor& a, const Tensor& b, const Scan& s) {
    return binary<op::Recurrence>(a, b, make_params(s));
}

Tensor cast(const Tensor& a, const Target& t) {
    if (a.value.dtype() == t.dtype) return a;
    return unary<op::Cast>(a, make_params(t));
}

Tensor real(const Tensor& z) { return unary<op::Real>(z); }
Tensor imag(const Tensor& z) { return unary<op::Imag>(z); }
Tensor conj(const Tensor& z) { return unary<op::Conj>(z); }
Tensor complex(const Tensor& re, const Tensor& im) { return binary<op::Complex>(re, im); }

Tensor operator+(const Tensor& a, const Tensor& b) { return binary<op::Add>(a, b); }
Tensor operator-(const Tensor& a, const Tensor& b) { return binary<op::Sub>(a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return binary<op::Mul>(a, b); }
Tensor operator/(const Tensor& a, const Tensor& b) { return binary<op::Div>(a, b); }
Tensor operator-(const Tensor& a) { return unary<op::Neg>(a); }

Tensor where(const Tensor& c, const Tensor& a, const Tensor& b) {
    Tensor in[] = {Tensor(c.value), a, b};
    return apply(info<op::Where>(), in);
}

Tensor operator==(const Tensor& a, const Tensor& b) { return binary<op::Equal>(a, b); }
Tensor operator>(const Tensor& a, const Tensor& b) { return binary<op::Greater>(a, b); }
Tensor isnan(const Tensor& a) { return unary<op::IsNan>(a); }

Tensor both(const Tensor& a, const Tensor& b) { return Tensor(a.value) * Tensor(b.value); }
Tensor either(const Tensor& a, const Tensor& b) {
    return where(a, Tensor(a.value), Tensor(b.value));
}

}  // namespace rg
