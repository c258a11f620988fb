#include "ops/array_ops.hpp"

#include <cstring>

#include "array/error.hpp"
#include "ops/registry.hpp"
#include "ops/trace.hpp"

namespace rg {
namespace {

template <class... A>
Array evaluate(const OpInfo& op, const A&... operands) {
    const Array* in[] = {&operands...};
    return elementwise(op, in);
}

// Elements of `a` at the positions, one after another.
template <class T>
void gather(const T* from, const std::int64_t* at, std::int64_t n, T* to) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[at[i]];
}

// The operand like which the result lies, where all others lie like it too or are single numbers;
// null elsewhere.
const Array* flat_like(const Array* const* in, int n) {
    const Array* like = nullptr;
    for (int k = 0; k < n; ++k) {
        if (in[k]->is_scalar()) continue;
        if (!in[k]->contiguous() || (like && !in[k]->same_shape(*like))) return nullptr;
        like = in[k];
    }
    return like ? like : in[0];
}

// One value at every place.
bool is_constant(const Array& a) {
    for (int i = 0; i < a.ndim(); ++i) {
        if (a.layout()->strides()[i] != 0) return false;
    }
    return a.ndim() > 0;
}

// The operands of a cotangent loop in the usual case: everything lies alike, or is one number.
struct Flat {
    char* at[2 + kMaxArity + 1];
    std::intptr_t strides[2 + kMaxArity + 1];
    std::size_t n;

    // The same from element `i` on, `count` of them.
    void run(Kernel kernel, std::int64_t i, std::int64_t count, std::int64_t work = 1) const {
        char* from[2 + kMaxArity + 1];
        for (std::size_t k = 0; k < n; ++k) from[k] = at[k] ? at[k] + i * strides[k] : nullptr;
        iterate_flat(count, {from, n}, {strides, n}, kernel, work);
    }
};

// False where that is not the case.
bool flatten(const OpInfo& op, std::uint32_t k, const Array& g, const Array* in, const Array& y,
             Array& out, Flat& flat) {
    const std::intptr_t step = itemsize(out.dtype());
    flat = {{out.data(), const_cast<char*>(g.data())}, {step, step}, std::size_t(op.arity) + 3};
    if (!out.contiguous() || !g.same_shape(out)) return false;
    if (!g.contiguous()) {
        if (!is_constant(g)) return false;
        flat.strides[1] = 0;
    }
    for (std::size_t j = 0; j <= op.arity; ++j) {
        const bool is_result = j == op.arity;
        if (!(op.reads[k] & (is_result ? op::kReadsResult : 1u << j))) continue;
        const Array& a = is_result ? y : in[j];
        const bool number = a.is_scalar();
        if (!number && (!a.contiguous() || !a.same_shape(out))) return false;
        flat.at[2 + j] = const_cast<char*>(a.data());
        flat.strides[2 + j] = number ? 0 : step;
    }
    return true;
}

// Every position comes once: what is there is written, without a sum, and zeros only where
// something is left out.
Array set_apart(const Array& g, const Place& p) {
    Array out = Array::empty(g.dtype(), p.of);
    if (p.index.positions.size() < out.size()) out = Array::zeros(g.dtype(), p.of);
    write_at(out, g, p);
    return out;
}

}  // namespace

Array elementwise(const OpInfo& op, const Array* const* in, const Array* spare) {
    const int n = op.arity;
    if (n == 1 && !op.direct && !in[0]->contiguous()) {
        // NumPy's exp and its like give other bits on strided memory than on contiguous.
        const Array dense = copy(*in[0]);
        const Array* contiguous[] = {&dense};
        return elementwise(op, contiguous, &dense);
    }
    const Kernel kernel = forward_kernel(op, in[0]->dtype());
    if (!kernel.loop) {
        throw DTypeError(std::string(op.name) + ": " + name_of(in[0]->dtype()) +
                         " is not taken; pass real numbers, such as z.real or abs(z)");
    }
    if (const Array* like = flat_like(in, n)) {
        Array out = spare && spare->same_shape(*like) ? *spare : Array::empty_like(*like);
        char* at[kMaxArity + 1];
        std::intptr_t strides[kMaxArity + 1];
        for (int k = 0; k < n; ++k) {
            at[k] = const_cast<char*>(in[k]->data());
            strides[k] = in[k]->is_scalar() ? 0 : itemsize(out.dtype());
        }
        at[n] = out.data();
        strides[n] = itemsize(out.dtype());
        iterate_flat(out.size(), {at, std::size_t(n + 1)}, {strides, std::size_t(n + 1)}, kernel,
                     op.loop_work);
        return out;
    }
    Dims shape = in[0]->shape();
    for (int k = 1; k < n; ++k) {
        if (!broadcast(shape, in[k]->shape(), shape)) {
            throw ShapeError(std::string(op.name) + ": shapes " + to_string(shape) + " and " +
                             to_string(in[k]->shape()) + " do not broadcast");
        }
    }
    const bool fits = spare && spare->contiguous() && spare->shape() == shape;
    Array out = fits ? *spare : Array::empty(in[0]->dtype(), shape);
    // One more operand than an operation has, and unused ones repeat the first.
    Operand ops[kMaxArity + 1] = {
        {*in[0], shape}, {*in[n > 1 ? 1 : 0], shape}, {*in[n > 2 ? 2 : 0], shape}, {out, shape}};
    ops[n] = ops[kMaxArity];
    iterate(shape, {ops, std::size_t(n + 1)}, kernel, Cut::Anywhere, op.loop_work);
    return out;
}

void pull_into(const OpInfo& op, std::uint32_t k, const Array& g, const Array* in, const Array& y,
               Array& out, bool add) {
    const Loop loop = op.pull[k][int(g.dtype())][add];
    const std::size_t result = 2 + op.arity;
    const std::int64_t work = op.vjp_loop_work[k];
    if (Flat flat; flatten(op, k, g, in, y, out, flat)) {
        return flat.run({loop}, 0, out.size(), work);
    }
    const Dims shape = out.shape();
    Operand ops[kMaxOperands] = {{out, shape}, {g, shape}};
    for (std::size_t j = 0; j <= op.arity; ++j) {
        const bool is_result = j == op.arity;
        const bool used = op.reads[k] & (is_result ? op::kReadsResult : 1u << j);
        ops[2 + j] =
            used ? Operand(is_result ? y : in[j], shape) : Operand(nullptr, Dims(shape.size(), 0));
    }
    iterate(shape, {ops, result + 1}, {loop}, Cut::Anywhere, work);
}

void pull_onto(const OpInfo& op, std::uint32_t k, const Array& g, const Array* in, const Array& y,
               const Array& base, Array& out) {
    const Kernel copy_base = forward_kernel(info<op::Pos>(), out.dtype());
    const bool fits = base.same_shape(out) && (base.contiguous() || is_constant(base));
    Flat flat;
    if (!fits || !flatten(op, k, g, in, y, out, flat)) {
        out = copy(broadcast_to(base, out.shape()));
        return pull_into(op, k, g, in, y, out, true);
    }
    // Piece by piece: what is laid out is still in the cache when it is added to.
    constexpr std::int64_t kInCache = 1 << 13;
    const std::intptr_t step = itemsize(out.dtype());
    const std::intptr_t strides[] = {base.contiguous() ? step : 0, step};
    const Kernel add{op.pull[k][int(g.dtype())][1]};
    for_pieces(out.size(), kPieceWork / kInCache, [&](std::int64_t i, std::int64_t count) {
        char* both[] = {const_cast<char*>(base.data()) + i * strides[0], out.data() + i * step};
        iterate_flat(count, both, strides, copy_base);
        flat.run(add, i, count);
    });
}

void add_into(Array& a, const Array& b) {
    const Kernel add = forward_kernel(info<op::Add>(), a.dtype());
    if (a.same_shape(b) && b.contiguous()) {
        char* at[] = {a.data(), const_cast<char*>(b.data()), a.data()};
        const std::intptr_t step = itemsize(a.dtype()), strides[] = {step, step, step};
        return iterate_flat(a.size(), at, strides, add);
    }
    const Dims shape = a.shape();
    Operand ops[] = {{a, shape}, {b, shape}, {a, shape}};
    iterate(shape, ops, add);
}

void accumulate(Array& sum, Array&& contribution) {
    if (!sum) {
        sum = std::move(contribution);
    } else if (sum.is_scalar64()) {
        sum.f64() += contribution.f64();
    } else if (sum.unique() && sum.contiguous()) {
        add_into(sum, contribution);
    } else if (contribution.unique() && contribution.contiguous()) {
        add_into(contribution, sum);
        sum = std::move(contribution);
    } else {
        sum = evaluate(info<op::Add>(), sum, contribution);
    }
}

Array equal(const Array& a, const Array& b) { return evaluate(info<op::Equal>(), a, b); }
Array isnan(const Array& a) { return evaluate(info<op::IsNan>(), a); }
Array either(const Array& a, const Array& b) { return where(a, a, b); }
Array operator*(const Array& a, const Array& b) { return evaluate(info<op::Mul>(), a, b); }
Array operator/(const Array& a, const Array& b) { return evaluate(info<op::Div>(), a, b); }
Array operator-(const Array& a) { return evaluate(info<op::Neg>(), a); }

Array where(const Array& c, const Array& a, const Array& b) {
    return evaluate(info<op::Where>(), c, a, b);
}

Array transpose(const Array& a, const Permutation& p) { return transpose(a, p.axes); }

Array getitem(const Array& a, const Place& p) {
    if (p.index.basic) return slice(a, p.index);
    const Array from = contiguous(a);
    Array out = Array::empty(a.dtype(), p.index.shape);
    with_number(a.dtype(), [&](auto t) {
        using T = decltype(t);
        gather(from.as<T>(), p.index.positions.as<std::int64_t>(), p.index.positions.size(),
               out.as<T>());
    });
    return out;
}

Array scatter(const Array& g, const Place& p) {
    Array sum;
    scatter_into(sum, g, p);
    return sum;
}

void scatter_into(Array& sum, const Array& g, const Place& p) {
    if (!sum && p.index.distinct) {
        sum = set_apart(g, p);
        return;
    }
    if (!sum) {
        sum = Array::zeros(g.dtype(), p.of);
    } else if (!sum.unique() || !sum.contiguous()) {
        sum = copy(sum);
    }
    if (p.index.basic) {
        const Operand to = region(sum, p.index);
        Operand ops[] = {to, {g, p.index.shape}, to};
        iterate(p.index.shape, ops, forward_kernel(info<op::Add>(), g.dtype()));
        return;
    }
    const Array from = contiguous(broadcast_to(g, p.index.shape));
    const auto* at = p.index.positions.as<std::int64_t>();
    with_number(g.dtype(), [&](auto t) {
        using T = decltype(t);
        for (std::int64_t i = 0; i < p.index.positions.size(); ++i) {
            sum.as<T>()[at[i]] += from.as<T>()[i];
        }
    });
}

void write_at(Array& a, const Array& v, const Place& p) {
    if (p.index.basic) {
        Operand ops[] = {{v, p.index.shape}, region(a, p.index)};
        iterate(p.index.shape, ops, copy_kernel(a.dtype()), Cut::WithoutStop);
        return;
    }
    const Array from = contiguous(broadcast_to(v, p.index.shape));
    const auto* at = p.index.positions.as<std::int64_t>();
    with_number(a.dtype(), [&](auto t) {
        using T = decltype(t);
        for (std::int64_t i = 0; i < p.index.positions.size(); ++i) {
            a.as<T>()[at[i]] = from.as<T>()[i];
        }
    });
}

Place range_of(const Dims& of, int axis, std::int64_t start, std::int64_t count) {
    Place p{{}, of};
    for (int i = 0; i < of.size(); ++i) {
        p.index.items.push_back({Index::Item::Slice, 0, 1, of[i]});
    }
    p.index.items[axis] = {Index::Item::Slice, start, 1, count};
    p.index.shape = of;
    p.index.shape[axis] = count;
    return p;
}

Array setitem(Array&& a, const Array& v, const Place& p) {
    if (!a.unique() || !a.contiguous()) {
        Array out = copy(a);
        write_at(out, v, p);
        return out;
    }
    write_at(a, v, p);
    return std::move(a);
}

}  // namespace rg
