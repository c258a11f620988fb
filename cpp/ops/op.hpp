// ops: what an operation is. Start here, then elementwise.hpp and structural.hpp for the rules.
// May include `array`, and nothing of graph, bind or Python.
//
// At run time an operation is one constant record of plain function pointers. The records are
// derived from the rule structs; registry.hpp gives them by rule, op.hpp by name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "array/loop.hpp"
#include "ops/params.hpp"

namespace rg {

inline constexpr int kMaxArity = 3;

// Which cotangent rules exist, and in what form the walk calls them.
struct OpInfo {
    const char* name;
    const char* symbol;
    std::uint8_t id;
    std::uint8_t arity;
    bool elementwise;
    bool differentiable;
    bool view;     // the result shares its operand's memory
    bool indexes;  // only a part of the first operand is read or written
    // May be computed without a kernel call where the operands are scalars, with the same bits.
    bool direct;
    bool own_kernel;                // NumPy's loop does not take the kernel's place
    bool reports;                   // floating-point flags of the forward mean what they say
    std::uint8_t reads[kMaxArity];  // per vjp: bit k for operand k, kReadsResult for the result
    bool passes[kMaxArity];         // vjp k is the cotangent itself
    std::uint8_t flops;             // forward, per element
    std::uint8_t vjp_flops[kMaxArity];
    // Per element, against an addition: from which length on threads are worth it.
    std::uint8_t loop_work;
    std::uint8_t vjp_loop_work[kMaxArity];

    // Elementwise, on scalars.
    double (*run64)(const double* in);
    double (*pull64[kMaxArity])(double g, const Array* in, double y);
    // Elementwise, on arrays: operands (out, g, in..., y); [1] adds to out, [0] writes it.
    Loop pull[kMaxArity][kNumberTypes][2];

    // Structural: the value, and cotangents by operand.
    Array (*run)(Array* in, const Params* params);
    Array (*vjp[kMaxArity])(Array&& g, const Array* in, const Array& y, const Params* params);
    // Adds a cotangent into an existing sum without forming it; null where there is no such way.
    void (*accumulate)(Array& sum, const Array& g, const Params* params);
    // Arithmetic of the forward, and of each cotangent: what a profile reports.
    std::int64_t (*work)(const Layout* const* in, const Layout& out);
    bool lazy_vjp;  // the cotangent is a view of g: nothing is read or written

    // A rule that lives above the core (written in Python): the walk hands the node to the graph.
    bool external;
};

// Null where there is no such operation.
const OpInfo* find(std::string_view name);
std::span<const OpInfo> all_ops();

// Elementwise forward kernels. Plain C++ at first.
const Kernel& forward_kernel(const OpInfo& op, DType dtype);

// Puts a kernel, NumPy's, in the place of the plain one, or vector code where there is some and
// `vector` asks for it. An operation's own kernel stays, but for exact mode.
void replace_kernel(const OpInfo& op, DType dtype, Kernel theirs, bool vector);

// Exact mode: the forward kernels are those given to `replace_kernel`. For the whole process.
void set_exact(bool on);
bool is_exact();

}  // namespace rg
