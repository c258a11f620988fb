#include "array/dims.hpp"

#include "array/error.hpp"

namespace rg {

std::string to_string(const Dims& shape) {
    std::string s = "(";
    for (int i = 0; i < shape.size(); ++i) {
        if (i) s += ',';
        s += std::to_string(shape[i]);
    }
    return s + (shape.size() == 1 ? ",)" : ")");
}

std::int64_t count_elements(std::span<const std::int64_t> shape, std::int64_t itemsize) {
    // Zero extents make the array empty, but as in NumPy the others must do without overflow.
    std::int64_t n = 1;
    bool overflow = false, none = false;
    for (std::int64_t d : shape) {
        none |= d == 0;
        overflow |= d != 0 && __builtin_mul_overflow(n, d, &n);
    }
    std::int64_t bytes;
    if (overflow || __builtin_mul_overflow(n, itemsize, &bytes)) {
        throw AllocationError("array of shape " + to_string(Dims(shape.data(), int(shape.size()))) +
                              " is too big");
    }
    return none ? 0 : n;
}

bool broadcast(const Dims& a, const Dims& b, Dims& out) {
    const Dims& longer = a.size() >= b.size() ? a : b;
    const Dims& shorter = a.size() >= b.size() ? b : a;
    Dims result = longer;
    const int lead = longer.size() - shorter.size();
    for (int i = 0; i < shorter.size(); ++i) {
        const std::int64_t x = longer[lead + i], y = shorter[i];
        if (x != y && x != 1 && y != 1) return false;
        result[lead + i] = x == 1 ? y : x;
    }
    out = result;
    return true;
}

}  // namespace rg
