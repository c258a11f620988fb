#include "graph/costs.hpp"

#include "ops/trace.hpp"

namespace rg {
namespace {

std::int64_t bytes_of(const Layout& l) { return l.size * itemsize(l.dtype); }

// What rule k reads besides the cotangent: the operands and the result, as its text says.
std::int64_t bytes_read(const OpInfo& op, int k, std::span<const Layout* const> in,
                        const Layout& out) {
    std::int64_t bytes = op.reads[k] & op::kReadsResult ? bytes_of(out) : 0;
    for (std::size_t j = 0; j < in.size(); ++j) {
        if (op.reads[k] & (1u << j)) bytes += bytes_of(*in[j]);
    }
    return bytes;
}

// Indexing touches a part of the array, as large as what is taken from it or put there.
CallCosts costs_of_index(std::span<const Layout* const> in, unsigned with_gradient,
                         const Layout& out, bool view, bool lazy) {
    const bool puts = in.size() == 2;
    const std::int64_t part = bytes_of(puts ? *in[1] : out);
    CallCosts c;
    if (!view) c.forward_bytes = 2 * part;
    if (lazy) return c;
    if (with_gradient & 1) c.backward_bytes += puts ? part : 3 * part;
    if (with_gradient & 2) c.backward_bytes += 2 * part;
    return c;
}

}  // namespace

CallCosts costs_of(const OpInfo& op, std::span<const Layout* const> in, unsigned with_gradient,
                   const Layout& out, bool view) {
    CallCosts c;
    // What a rule in Python does inside is not known.
    if (op.external) return c;
    if (op.indexes) return costs_of_index(in, with_gradient, out, view, op.lazy_vjp);
    if (!view) {
        c.forward_bytes = bytes_of(out);
        for (const Layout* l : in) c.forward_bytes += bytes_of(*l);
    }
    if (op.elementwise) {
        c.forward_flops = op.flops * out.size;
    } else if (op.work) {
        c.forward_flops = op.work(in.data(), out);
    }
    for (int k = 0; k < int(in.size()); ++k) {
        if (!(with_gradient & (1u << k))) continue;
        c.backward_flops += op.elementwise ? op.vjp_flops[k] * out.size
                            : op.lazy_vjp  ? 0
                                           : c.forward_flops;
        // A cotangent that is handed on as it is costs nothing, unless it is summed on the way.
        const bool handed_on =
            op.elementwise ? op.passes[k] && in[k]->same_shape(out) : op.lazy_vjp;
        if (!handed_on)
            c.backward_bytes += bytes_of(out) + bytes_read(op, k, in, out) + bytes_of(*in[k]);
    }
    return c;
}

}  // namespace rg
