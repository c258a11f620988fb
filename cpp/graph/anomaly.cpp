#include "graph/anomaly.hpp"

#include <cmath>
#include <cstdio>
#include <string>

#include "array/error.hpp"
#include "array/view.hpp"
#include "graph/observe.hpp"

namespace rg::anomaly {

int open_modes = 0;

namespace {

struct Scan {
    Found found;
    std::int64_t first_nan = -1, first_inf = -1;  // in C order
    double low = HUGE_VAL, high = -HUGE_VAL;      // of the finite elements
};

Scan scan(const Array& a) {
    Scan s;
    const Array flat = contiguous(a);
    // A complex number is two real ones.
    const int parts = is_complex(a.dtype()) ? 2 : 1;
    with_float(real_of(a.dtype()), [&](auto t) {
        const auto* x = flat.as<decltype(t)>();
        for (std::int64_t i = 0; i < parts * flat.size(); ++i) {
            if (std::isfinite(x[i])) {
                s.low = std::min(s.low, double(x[i]));
                s.high = std::max(s.high, double(x[i]));
            } else {
                std::int64_t& first = std::isnan(x[i]) ? s.first_nan : s.first_inf;
                if (first < 0) first = i / parts;
            }
        }
    });
    s.found = {s.first_nan >= 0, s.first_inf >= 0};
    return s;
}

std::string number(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", x);
    return text;
}

// "float64(3,) in [0, 2]", and what is not finite in it.
std::string describe(const Array& a) {
    std::string text(name_of(a.dtype()));
    text += to_string(a.shape());
    if (!a.has_value()) return text;
    const Scan s = scan(a);
    if (s.low <= s.high) text += " in [" + number(s.low) + ", " + number(s.high) + "]";
    if (s.found.nan) text += " with nan";
    if (s.found.inf) text += " with inf";
    return text;
}

Dims index_of(std::int64_t flat, const Dims& shape) {
    Dims index(shape.size(), 0);
    for (int i = shape.size(); i-- > 0; flat /= shape[i]) index[i] = flat % shape[i];
    return index;
}

// As a profile shows it: a rule of the user's has a name of its own.
std::string name_of(const Node& node) {
    std::lock_guard guard(recorder::lock);
    const std::uint32_t row = recorder::find_node(node).second;
    return row == recorder::kNoRow ? node.op->name : recorder::row(row).op;
}

// What is new in `s`: "nan at element (3,)"; empty where nothing is.
std::string born(const Scan& s, Found before, const Dims& shape) {
    const bool nan = s.found.nan && !before.nan;
    // An infinity out of a NaN is as surprising as one out of numbers.
    const bool inf = s.found.inf && !before.inf;
    if (!nan && !inf) return {};
    const std::int64_t at = nan ? s.first_nan : s.first_inf;
    return std::string(nan ? "nan" : "inf") + " at element " + to_string(index_of(at, shape));
}

}  // namespace

Found find(const Array& a) { return scan(a).found; }

void check_forward(std::string_view name, std::span<const Tensor> in, const Array& out,
                   std::uint32_t row) {
    const Scan s = scan(out);
    if (!s.found.nan && !s.found.inf) return;
    Found before;
    for (const Tensor& t : in) before |= find(t.value);
    const std::string what = born(s, before, out.shape());
    if (what.empty()) return;
    std::string text(name);
    text.append(": ").append(what).append(" of the result ").append(describe(out));
    text.append(in.size() == 1 ? "; operand" : "; operands");
    for (std::size_t k = 0; k < in.size(); ++k)
        text.append(k ? ", " : " ").append(describe(in[k].value));
    throw Anomaly(text, row);
}

void check_backward(Node& node, std::uint32_t k, const Array& cotangent, Found before) {
    const std::string what = born(scan(cotangent), before, cotangent.shape());
    if (what.empty()) return;
    std::string text = name_of(node);
    text.append(": backward made ").append(what).append(" of the gradient of operand ");
    text.append(std::to_string(k)).append(", ").append(describe(cotangent)).append("; operands");
    for (std::uint32_t j = 0; j < node.n_inputs; ++j) {
        const bool saved = node.has(Node::kSaves) && node.saved()[j];
        const Node* from = node.input(j);
        text.append(j ? ", " : " ");
        text.append(saved  ? describe(node.saved()[j])
                    : from ? describe(from->value.without_value())
                           : std::string("constant"));
    }
    text.append("; result ").append(describe(node.value));
    throw Anomaly(text, row_of(node));
}

}  // namespace rg::anomaly
