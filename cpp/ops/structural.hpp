// The structural operations. `run` computes the value on arrays; `vjpK` is written once for any
// carrier V, an Array in the plain walk and a recording tensor in one that builds a graph.
//
// What a rule reads stands in its signature: `const V&` is saved for it, `Meta` is shape and dtype
// only and costs nothing. Results may still be broadcast: the driver sums them to the operand's
// shape. Tangents need one word: `linear` where `run` itself takes them, `bilinear` where it does
// with one of two operands replaced; an operation that is neither has a rule of its own. `lazy_vjp`
// says that the cotangent is a view of g, `work` counts the arithmetic; both are for the profiler
// alone. To add an operation: its struct here, its name in `Structural` at the end.
#pragma once

#include "ops/array_ops.hpp"
#include "ops/typelist.hpp"
#include "ops/value.hpp"

namespace rg {

// Shape and dtype of an operand whose elements a rule does not need.
class Meta {
public:
    template <class V>
        requires requires(const V& v) { v.layout(); }
    Meta(const V& v) : layout_(v.layout()) {}

    int ndim() const { return layout_->ndim; }
    Dims shape() const { return layout_->dims(); }
    DType dtype() const { return layout_->dtype; }

private:
    const Layout* layout_;
};

// Sums over the axes along which `shape` was broadcast to a's shape.
template <class V>
V sum_to(V a, const Dims& shape) {
    const Dims from = Meta(a).shape();
    if (from == shape) return a;
    Axes axes;
    const int lead = from.size() - shape.size();
    for (int i = 0; i < from.size(); ++i) {
        if (i < lead || (shape[i - lead] == 1 && from[i] != 1)) axes.mask |= std::uint64_t{1} << i;
    }
    return reshape(sum(a, axes), shape);
}

namespace op {

struct Sum {
    static constexpr auto name = "sum", symbol = "sum";
    static constexpr bool lazy_vjp = true;
    static std::int64_t work(const Layout* const* in, const Layout&) { return in[0]->size; }
    using P = Axes;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return sum(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta x, Meta, const P& p) {
        const Dims kept = reduced_shape(x.shape(), {p.mask, true});
        return broadcast_to(reshape(g, kept), x.shape());
    }
};

// Ties share: each of n equal extrema takes 1/n. So do NaNs, the extremum where there is one.
struct Extremum {
    static std::int64_t work(const Layout* const* in, const Layout&) { return in[0]->size; }
    using P = Axes;
    template <class V>
    static V vjp0(V g, const V& x, const V& y, const P& p) {
        const Axes keep{p.mask, true};
        const Dims kept = reduced_shape(Meta(x).shape(), keep);
        const V mask = either(equal(x, reshape(y, kept)), isnan(x));
        const V share = reshape(g, kept) / sum(mask, keep);
        return where(mask, share, lift(Const{0}, share));
    }
    // What the cotangent rule makes of ones are the weights with which x makes up y.
    template <class V>
    static V jvp(const V& t, const V& x, const V& y, const P& p) {
        const V ones = broadcast_to(lift(Const{1}, y), Meta(y).shape());
        const V weights = vjp0(ones, x, y, p);
        return sum(where(weights, weights * t, lift(Const{0}, t)), p);
    }
};

struct Max : Extremum {
    static constexpr auto name = "max", symbol = "max";
    static Array run(const Array& x, const P& p) { return max(x, p); }
};

struct Min : Extremum {
    static constexpr auto name = "min", symbol = "min";
    static Array run(const Array& x, const P& p) { return min(x, p); }
};

inline Permutation swap_last(int ndim) {
    Permutation p;
    for (int i = 0; i < ndim; ++i) p.axes.push_back(i);
    std::swap(p.axes[ndim - 1], p.axes[ndim - 2]);
    return p;
}

// NumPy's matmul: 1-d operands count as a row on the left and as a column on the right.
struct MatMul {
    static constexpr auto name = "matmul", symbol = "@";
    // A product and a sum for each element and each place of the inner axis.
    static std::int64_t work(const Layout* const* in, const Layout& out) {
        return 2 * out.size * in[0]->shape()[in[0]->ndim - 1];
    }
    using P = NoParams;
    static constexpr bool bilinear = true;
    template <class V>
    static V run(const V& a, const V& b, const P&) {
        return matmul(a, b);
    }

    static Dims row(Meta a) { return a.ndim() == 1 ? Dims{1, a.shape()[0]} : a.shape(); }
    static Dims column(Meta b) { return b.ndim() == 1 ? Dims{b.shape()[0], 1} : b.shape(); }
    // The cotangent with the axes back that 1-d operands have taken from it.
    template <class V>
    static V full(const V& g, Meta a, Meta b) {
        Dims shape = Meta(g).shape();
        if (a.ndim() == 1) {
            const std::int64_t last = b.ndim() == 1 ? 1 : shape.back();
            if (b.ndim() != 1) shape.resize(shape.size() - 1);
            shape.push_back(1);
            shape.push_back(last);
        } else if (b.ndim() == 1) {
            shape.push_back(1);
        }
        return reshape(g, shape);
    }
    template <class V>
    static V swapped(const V& m) {
        return transpose(m, swap_last(Meta(m).ndim()));
    }

    template <class V>
    static V vjp0(V g, Meta a, const V& b, Meta, const P&) {
        const V ga = matmul(full(g, a, b), swapped(reshape(b, column(b))));
        return reshape(sum_to(ga, row(a)), a.shape());
    }
    template <class V>
    static V vjp1(V g, const V& a, Meta b, Meta, const P&) {
        const V gb = matmul(swapped(reshape(a, row(a))), full(g, a, b));
        return reshape(sum_to(gb, column(b)), b.shape());
    }
};

struct Reshape {
    static constexpr auto name = "reshape", symbol = "reshape";
    static constexpr bool view = true, lazy_vjp = true;
    using P = Shape;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return reshape(x, p.dims);
    }
    template <class V>
    static V vjp0(V g, Meta x, Meta, const P&) {
        return reshape(g, x.shape());
    }
};

struct Transpose {
    static constexpr auto name = "transpose", symbol = "transpose";
    static constexpr bool view = true, lazy_vjp = true;
    using P = Permutation;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return transpose(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P& p) {
        Permutation inverse{Dims(p.axes.size(), 0)};
        for (int i = 0; i < p.axes.size(); ++i) inverse.axes[int(p.axes[i])] = i;
        return transpose(g, inverse);
    }
};

struct Broadcast {
    static constexpr auto name = "broadcast", symbol = "broadcast";
    static constexpr bool view = true;
    using P = Shape;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return broadcast_to(x, p.dims);
    }
    template <class V>
    static V vjp0(V g, Meta x, Meta, const P&) {
        return sum_to(g, x.shape());
    }
};

struct GetItem {
    static constexpr auto name = "getitem", symbol = "getitem";
    static constexpr bool view = true, indexes = true;
    using P = Place;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return getitem(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P& p) {
        return scatter(g, p);
    }
    static void accumulate(Array& sum, const Array& g, const P& p) { scatter_into(sum, g, p); }
};

struct Scatter {
    static constexpr auto name = "scatter", symbol = "scatter";
    using P = Place;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return scatter(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P& p) {
        return own(getitem(g, p));
    }
};

// t[i] = v as a value: what t is afterwards.
struct SetItem {
    static constexpr auto name = "setitem", symbol = "setitem";
    static constexpr bool indexes = true;
    using P = Place;
    template <class V>
    static V run(V& x, const V& v, const P& p) {
        return setitem(std::move(x), v, p);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, Meta, const P& p) {
        const V zero = lift(Const{0}, g);
        return setitem(std::move(g), zero, p);
    }
    template <class V>
    static V vjp1(V g, Meta, Meta v, Meta, const P& p) {
        V gv = own(getitem(g, p));
        if (p.index.winners) gv = gv * constant<V>(p.index.winners);
        return sum_to(std::move(gv), v.shape());
    }
    // Linear in both operands together; an empty tangent is zero.
    template <class V>
    static V jvp(V t, const V& tv, const P& p) {
        if (!t.layout()) t = broadcast_to(lift(Const{0}, tv), p.of);
        const V zero = lift(Const{0}, t);
        return setitem(std::move(t), tv.layout() ? tv : zero, p);
    }
};

// The base with v written where nobody reads the base: its own values and cotangents there are
// never looked at. Arrays are joined by one of these a part, all in the same memory.
struct Join : SetItem {
    static constexpr auto name = "concatenate", symbol = "concatenate";
    static constexpr bool lazy_vjp = true;
    template <class V>
    static V vjp0(V g, Meta, Meta, Meta, const P&) {
        return g;
    }
    template <class V>
    static V vjp1(V g, Meta, Meta v, Meta, const P& p) {
        return sum_to(getitem(g, p), v.shape());
    }
};

struct CumSum {
    static constexpr auto name = "cumsum", symbol = "cumsum";
    static std::int64_t work(const Layout* const* in, const Layout&) { return in[0]->size; }
    using P = Scan;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return cumsum(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P& p) {
        return cumsum(g, Scan{p.axis, !p.reverse});
    }
};

// All but the last element along an axis, and all but the first.
inline Place but_last(Meta x, int axis) {
    return range_of(x.shape(), axis, 0, std::max<std::int64_t>(x.shape()[axis] - 1, 0));
}
inline Place but_first(Meta x, int axis) {
    return range_of(x.shape(), axis, 1, std::max<std::int64_t>(x.shape()[axis] - 1, 0));
}

// Nothing is divided, so zeros are like any other factor, in all derivatives.
struct CumProd {
    static constexpr auto name = "cumprod", symbol = "cumprod";
    static std::int64_t work(const Layout* const* in, const Layout&) { return in[0]->size; }
    using P = OneAxis;
    static Array run(const Array& x, const P& p) { return cumprod(x, p.axis); }
    // An element times the product before it; before the first there is none.
    template <class V>
    static V weighted(V u, const V& y, const P& p) {
        const Place to = but_first(u, p.axis);
        const V later = getitem(u, to) * getitem(y, but_last(u, p.axis));
        return setitem(std::move(u), later, to);
    }
    template <class V>
    static V vjp0(V g, const V& x, const V& y, const P& p) {
        return weighted(recurrence(x, g, Scan{p.axis, true}), y, p);
    }
    template <class V>
    static V jvp(const V& t, const V& x, const V& y, const P& p) {
        return recurrence(x, weighted(V(t), y, p), Scan{p.axis});
    }
};

// See array_ops.hpp. Its derivatives are recurrences from the other end.
struct Recurrence {
    static constexpr auto name = "recurrence", symbol = "recurrence";
    static std::int64_t work(const Layout* const*, const Layout& out) { return 2 * out.size; }
    using P = Scan;
    template <class V>
    static V run(const V& a, const V& b, const P& p) {
        return recurrence(a, b, p);
    }
    template <class V>
    static V vjp0(V g, const V& a, Meta, const V& y, const P& p) {
        const Place head = but_last(a, p.axis), tail = but_first(a, p.axis);
        const V u = recurrence(a, g, Scan{p.axis, !p.reverse});
        const V c =
            p.reverse ? getitem(u, head) * getitem(y, tail) : getitem(u, tail) * getitem(y, head);
        return scatter(c, tail);
    }
    template <class V>
    static V vjp1(V g, const V& a, Meta, Meta, const P& p) {
        return recurrence(a, g, Scan{p.axis, !p.reverse});
    }
    template <class V>
    static V jvp(const V& ta, V tb, const V& a, const V& y, const P& p) {
        if (ta.layout()) {
            const Place head = but_last(a, p.axis), tail = but_first(a, p.axis);
            const V moved = getitem(ta, tail) * getitem(y, p.reverse ? tail : head);
            V part = scatter(moved, p.reverse ? head : tail);
            tb = tb.layout() ? tb + part : std::move(part);
        }
        return recurrence(a, tb, p);
    }
};

struct Cast {
    static constexpr auto name = "cast", symbol = "cast";
    using P = Target;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& x, const P& p) {
        return cast(x, p);
    }
    template <class V>
    static V vjp0(V g, Meta x, Meta, const P&) {
        return cast(g, Target{x.dtype()});
    }
};

// Between real and complex numbers. A cotangent g of a complex z stands for df/dx - i df/dy, as in
// JAX, so that no holomorphic rule conjugates anything: where a real operand meets a complex
// cotangent, its real part is taken.
struct Real {
    static constexpr auto name = "real", symbol = "real";
    using P = NoParams;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& z, const P&) {
        return real(z);
    }
    template <class V>
    static V vjp0(V g, Meta z, Meta, const P&) {
        return cast(g, Target{z.dtype()});
    }
};

struct Imag {
    static constexpr auto name = "imag", symbol = "imag";
    using P = NoParams;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& z, const P&) {
        return imag(z);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P&) {
        return complex(lift(Const{0}, g), -g);
    }
};

struct Conj {
    static constexpr auto name = "conj", symbol = "conj";
    using P = NoParams;
    static constexpr bool linear = true;
    template <class V>
    static V run(const V& z, const P&) {
        return conj(z);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, const P&) {
        return conj(g);
    }
};

// |z|, whose gradient at 0 is 0.
struct Modulus {
    static constexpr auto name = "modulus", symbol = "abs";
    using P = NoParams;
    static Array run(const Array& z, const P&) { return modulus(z); }
    template <class V>
    static V vjp0(V g, const V& z, const V& y, const P&) {
        return conj(z) * cast(scaled(g, y), Target{Meta(z).dtype()});
    }
    template <class V>
    static V jvp(const V& t, const V& z, const V& y, const P&) {
        return scaled(real(conj(z) * t), y);
    }

private:
    // x / y, where z / y is finite also at 0.
    template <class V>
    static V scaled(const V& x, const V& y) {
        return x / where(equal(y, lift(Const{0}, y)), lift(Const{1}, y), y);
    }
};

// re + i im
struct Complex {
    static constexpr auto name = "complex", symbol = "complex";
    using P = NoParams;
    template <class V>
    static V run(const V& re, const V& im, const P&) {
        return complex(re, im);
    }
    template <class V>
    static V vjp0(V g, Meta, Meta, Meta, const P&) {
        return real(g);
    }
    template <class V>
    static V vjp1(V g, Meta, Meta, Meta, const P&) {
        return -imag(g);
    }
    // Linear in both operands together; an empty tangent is zero.
    template <class V>
    static V jvp(const V& t, const V& ti, const P&) {
        const V& one = t.layout() ? t : ti;
        const V zero = lift(Const{0}, one);
        return complex(t.layout() ? t : zero, ti.layout() ? ti : zero);
    }
};

using Structural =
    TypeList<MatMul, Sum, Max, Min, CumSum, CumProd, Recurrence, Reshape, Transpose, Broadcast,
             GetItem, Scatter, SetItem, Join, Cast, Real, Imag, Conj, Modulus, Complex>;

}  // namespace op
}  // namespace rg
