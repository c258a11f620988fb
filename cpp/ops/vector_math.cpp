#include "ops/vector_math.hpp"

namespace rg {

#ifdef RETROGRAD_AVX2
Loop avx2_loop(int id, DType dtype);

Loop vector_loop(const OpInfo& op, DType dtype) {
    const bool runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return runs && is_float(dtype) ? avx2_loop(op.id, dtype) : nullptr;
}
#else
Loop vector_loop(const OpInfo&, DType) { return nullptr; }
#endif

}  // namespace rg
