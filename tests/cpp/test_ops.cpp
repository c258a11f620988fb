// What is derived from the elementwise rules (masks, costs, kernels), and the rules themselves.
#include <cstring>
#include <limits>
#include <set>
#include <string>

#include "arrays.hpp"
#include "check.hpp"
#include "ops/derive.hpp"

using namespace rg;

namespace {

constexpr unsigned kA = 1, kB = 2, kC = 4, kY = op::kReadsResult;
constexpr double kInf = std::numeric_limits<double>::infinity();

template <class Op>
bool reads(std::initializer_list<unsigned> masks) {
    int k = 0;
    for (unsigned mask : masks) {
        if (info<Op>().reads[k++] != mask) return false;
    }
    return true;
}

template <class F>
void each_rule(F&& f) {
    for (const OpInfo& op : all_ops()) {
        if (!op.elementwise || !op.differentiable) continue;
        for (int k = 0; k < op.arity; ++k) f(op, k);
    }
}

// Operands inside every domain and away from kinks and ties.
void sample(Random& random, const OpInfo& op, double* x) {
    static const std::set<std::string> positive{"log", "log2", "log10", "log1p",   "sqrt",
                                                "pow", "sinc", "i0",    "arccosh", "any_power"},
        inside{"arcsin", "arccos", "arctanh", "tan"};
    x[0] = random.real(positive.count(op.name) ? 0.5 : 0.2, 2);
    if (!positive.count(op.name) && random.integer(0, 1)) x[0] = -x[0];
    if (inside.count(op.name)) x[0] *= 0.4;
    if (std::string(op.name) == "arccosh") x[0] += 1;
    x[1] = random.real(2.2, 3) * (random.integer(0, 1) ? 1 : -1);
    x[2] = random.real(-2, 2);
}

double pull64(const OpInfo& op, int k, double g, const double* x, double y) {
    const Array saved[] = {Array(x[0]), Array(x[1]), Array(x[2])};
    return op.pull64[k](g, saved, y);
}

double vjp(const char* name, int k, double g, double a, double b = 0, double c = 0) {
    const double x[] = {a, b, c};
    return pull64(*find(name), k, g, x, find(name)->run64(x));
}

// Runs a pull kernel over n elements whose operands lie `gap` elements apart.
template <class T>
void run_pull(const OpInfo& op, int k, bool add, bool still_g) {
    constexpr std::intptr_t n = 13;
    const double tolerance = sizeof(T) == 4 ? 2e-5 : 0;
    Random random(9);
    for (const std::intptr_t gap : {1, 3, -2}) {
        const std::intptr_t width = std::abs(gap);
        std::vector<std::vector<T>> memory(6, std::vector<T>(n * width));
        char* args[6];
        std::intptr_t strides[6];
        for (int j = 0; j < 6; ++j) {
            args[j] = reinterpret_cast<char*>(memory[j].data() + (gap < 0 ? (n - 1) * width : 0));
            strides[j] = gap * std::intptr_t(sizeof(T));
        }
        const auto value = [&](int j, std::intptr_t i) -> T& {
            return *reinterpret_cast<T*>(args[j] + i * strides[j]);
        };
        if (still_g) strides[1] = 0;
        const int result = 2 + op.arity;
        Values expected;
        for (std::intptr_t i = 0; i < n; ++i) {
            double x[3];
            sample(random, op, x);
            for (int j = 0; j < op.arity; ++j) x[j] = value(2 + j, i) = T(x[j]);
            value(result, i) = T(op.run64(x));
            if (i == 0 || !still_g) value(1, i) = T(random.real(-2, 2));
            value(0, i) = T(random.real(-2, 2));
            const double c = pull64(op, k, value(1, i), x, value(result, i));
            expected.push_back(add ? value(0, i) + c : c);
        }
        const unsigned used = op.reads[k];
        for (int j = 0; j <= op.arity; ++j) {
            if (used & (j == op.arity ? kY : 1u << j)) continue;
            args[2 + j] = nullptr;  // what the rule does not read, it does not touch
            strides[2 + j] = 0;
        }
        op.pull[k][int(dtype_of<T>)][add](args, &n, strides, nullptr);
        for (std::intptr_t i = 0; i < n; ++i) {
            CHECK(near(value(0, i), expected[std::size_t(i)], tolerance));
        }
    }
}

}  // namespace

TEST(table) {
    std::set<std::string> names;
    for (const OpInfo& op : all_ops()) {
        CHECK(names.insert(op.name).second && find(op.name) == &op);
        CHECK(&op_table[op.id] == &op && op.arity <= kMaxArity);
        CHECK(!op.elementwise || (op.run64 && forward_kernel(op, DType::f64).loop &&
                                  forward_kernel(op, DType::f32).loop));
        for (int k = 0; k < op.arity && op.differentiable; ++k) {
            CHECK((op.pull64[k] != nullptr) == op.elementwise);
            CHECK((op.vjp[k] != nullptr) == !op.elementwise);
        }
    }
    CHECK(find("nothing") == nullptr && names.count("custom") && names.size() == kOpCount);
}

TEST(saved_operands_follow_from_the_rules) {
    using namespace op;
    CHECK(reads<Add>({0, 0}) && reads<Sub>({0, 0}) && reads<Mul>({kB, kA}));
    CHECK(reads<Div>({kB, kB | kY}) && reads<Pow>({kA | kB, kA | kB | kY}));
    CHECK(reads<Neg>({0}) && reads<Pos>({0}) && reads<Abs>({kA}) && reads<Sign>({0}));
    CHECK(reads<Exp>({kY}) && reads<Tanh>({kY}) && reads<Sqrt>({kY}) && reads<Log>({kA}));
    CHECK(reads<Sin>({kA}) && reads<Cos>({kA}) && reads<Relu>({kY}) && reads<Sigmoid>({kY}));
    CHECK(reads<Maximum>({kA | kB, kA | kB}) && reads<Where>({0, kA, kA}));
    CHECK(reads<op::MatMul>({kB, kA}) && reads<op::Sum>({0}) && reads<op::Max>({kA | kY}) &&
          reads<op::Min>({kA | kY}));
    CHECK(reads<Reshape>({0}) && reads<Transpose>({0}) && reads<Broadcast>({0}));
    CHECK(reads<GetItem>({0}) && reads<Scatter>({0}) && reads<SetItem>({0, 0}) && reads<Cast>({0}));
    CHECK(reads<Join>({0, 0}) && reads<CumSum>({0}) && reads<CumProd>({kA | kY}));
    CHECK(reads<Recurrence>({kA | kY, kA}));
    CHECK(info<Add>().passes[0] && info<Add>().passes[1] && info<Pos>().passes[0]);
    CHECK(info<Sub>().passes[0] && !info<Sub>().passes[1] && !info<Mul>().passes[0]);
    CHECK(!info<Neg>().passes[0] && !info<Sign>().passes[0] && !info<Where>().passes[1]);
}

TEST(costs_and_kinds) {
    using namespace op;
    CHECK(info<Add>().flops == 1 && info<Mul>().flops == 1 && info<Tanh>().flops == 1);
    CHECK(info<Pos>().flops == 0 && info<Add>().vjp_flops[0] == 0);
    CHECK(info<Mul>().vjp_flops[0] == 1 && info<Tanh>().vjp_flops[0] == 3);
    CHECK(info<Exp>().vjp_flops[0] == 1 && info<Div>().vjp_flops[1] == 3);
    CHECK(info<Add>().direct && !info<Tanh>().direct && info<Pow>().own_kernel);
    CHECK(info<Log>().reports && !info<Relu>().reports && !info<Equal>().differentiable);
    CHECK(info<GetItem>().accumulate && !info<Sum>().accumulate && info<Reshape>().view);
    CHECK(!info<Cast>().view && arity<Where> == 3 && info<Custom>().external);
}

TEST(forward_kernels_equal_run64) {
    Random random(5);
    for (const OpInfo& op : all_ops()) {
        if (!op.elementwise) continue;
        for (const DType dtype : {DType::f64, DType::f32}) {
            const std::int64_t n = 40;
            Array in[3];
            for (Array& a : in) a = Array::empty(DType::f64, {n, 2});
            for (std::int64_t i = 0; i < 2 * n; ++i) {
                double x[3];
                sample(random, op, x);
                for (int k = 0; k < 3; ++k) in[k].as<double>()[i] = x[k];
            }
            for (Array& a : in) a = cast(a, dtype);
            const Array* operands[] = {&in[0], &in[1], &in[2]};
            const Array out = elementwise(op, operands);
            for (Array& a : in) a = transpose(a, Dims{1, 0});
            const Array turned = elementwise(op, operands);
            CHECK(out.dtype() == dtype && turned.shape() == Dims({2, n}));
            each(turned.shape(), [&](const Dims& at) {
                const double x[] = {element(in[0], at), element(in[1], at), element(in[2], at)};
                const double y = element(turned, at);
                CHECK(near(y, op.run64(x), dtype == DType::f32 ? 2e-6 : 0));
                CHECK(y == element(out, {at[1], at[0]}));
            });
        }
    }
}

TEST(pull_kernels_equal_pull64) {
    each_rule([](const OpInfo& op, int k) {
        for (const bool add : {false, true}) {
            for (const bool still_g : {false, true}) {
                run_pull<double>(op, k, add, still_g);
                run_pull<float>(op, k, add, still_g);
            }
        }
    });
}

TEST(rules_are_the_derivatives) {
    Random random(6);
    each_rule([&](const OpInfo& op, int k) {
        for (int trial = 0; trial < 200; ++trial) {
            double x[3];
            sample(random, op, x);
            const double h = 1e-5, at = x[k], g = random.real(-2, 2);
            const double c = pull64(op, k, g, x, op.run64(x));
            x[k] = at + h;
            const double above = op.run64(x);
            x[k] = at - h;
            const bool real = std::string(op.name) != "where" || k > 0;
            // A negative base has no derivative by the exponent.
            const double slope = real ? (above - op.run64(x)) / (2 * h) : 0;
            CHECK(near(c, g * slope, 2e-8));
            if (!near(c, g * slope, 2e-8)) std::fprintf(stderr, "  %s %d\n", op.name, k);
        }
    });
}

TEST(kinks_and_edges) {
    CHECK(vjp("relu", 0, 3, 0) == 0 && vjp("abs", 0, 3, 0) == 0 && vjp("sign", 0, 3, 0) == 0);
    CHECK(vjp("maximum", 0, 3, 1, 1) == 1.5 && vjp("minimum", 1, 3, 1, 1) == 1.5);
    CHECK(vjp("maximum", 0, 3, -kInf, kInf) == 0 && vjp("maximum", 1, 3, -kInf, kInf) == 3);
    CHECK(vjp("pow", 0, 1, 0, 0) == 0 && vjp("pow", 0, 1, 0, 1) == 1 &&
          vjp("pow", 0, 1, -3, 2) == -6);
    CHECK(vjp("pow", 1, 1, 0, 2) == 0 && vjp("pow", 1, 1, 0, 0) == 0);
    CHECK(std::isnan(vjp("pow", 1, 1, -2, 2)));
    CHECK(vjp("sigmoid", 0, 1, 800) == 0 && vjp("sigmoid", 0, 1, -800) == 0);
    CHECK(vjp("tanh", 0, 1, kInf) == 0 && vjp("exp", 0, 1, -kInf) == 0);
    CHECK(vjp("where", 1, kInf, 0, 1, 2) == 0 && vjp("where", 2, kInf, 0, 1, 2) == kInf);
    CHECK(std::isnan(vjp("relu", 0, 1, NAN)) == false && vjp("relu", 0, kInf, -1) == 0);
    const double nan[] = {NAN, 1}, second[] = {1, NAN};
    for (const char* name : {"maximum", "minimum"}) {
        CHECK(std::isnan(find(name)->run64(nan)) && std::isnan(find(name)->run64(second)));
    }
}
