// Real and complex numbers made from each other.
#include "array/error.hpp"
#include "ops/array_ops.hpp"

namespace rg {
namespace {

// Every element of the operands is one of the result's: loops over bytes that the strides give.
template <class To, class From, To (*F)(From)>
void unary_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    for (std::intptr_t i = 0; i < dims[0]; ++i) {
        const From& x = *reinterpret_cast<const From*>(args[0] + i * strides[0]);
        *reinterpret_cast<To*>(args[1] + i * strides[1]) = F(x);
    }
}

template <class T>
void complex_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    for (std::intptr_t i = 0; i < dims[0]; ++i) {
        const T re = *reinterpret_cast<const T*>(args[0] + i * strides[0]);
        const T im = *reinterpret_cast<const T*>(args[1] + i * strides[1]);
        *reinterpret_cast<std::complex<T>*>(args[2] + i * strides[2]) = {re, im};
    }
}

template <class T>
T real_part(std::complex<T> z) {
    return z.real();
}
template <class T>
T imaginary_part(std::complex<T> z) {
    return z.imag();
}
template <class T>
T magnitude(std::complex<T> z) {
    return std::hypot(z.real(), z.imag());
}
template <class T>
std::complex<T> conjugate(std::complex<T> z) {
    return {z.real(), -z.imag()};
}

void want_complex(const Array& z, const char* who) {
    if (is_complex(z.dtype())) return;
    throw DTypeError(std::string(who) + ": wants a complex operand, got " + name_of(z.dtype()));
}

Array unary(const Array& z, DType to, Loop wide, Loop narrow) {
    Array out = Array::empty(to, z.shape());
    Operand ops[] = {{z, z.shape()}, {out, z.shape()}};
    iterate(z.shape(), ops, {z.dtype() == DType::c128 ? wide : narrow});
    return out;
}

using Z = std::complex<double>;
using C = std::complex<float>;

}  // namespace

Array real(const Array& z) {
    want_complex(z, "real");
    return unary(z, real_of(z.dtype()), unary_loop<double, Z, real_part>,
                 unary_loop<float, C, real_part>);
}

Array imag(const Array& z) {
    want_complex(z, "imag");
    return unary(z, real_of(z.dtype()), unary_loop<double, Z, imaginary_part>,
                 unary_loop<float, C, imaginary_part>);
}

Array conj(const Array& z) {
    want_complex(z, "conj");
    return unary(z, z.dtype(), unary_loop<Z, Z, conjugate>, unary_loop<C, C, conjugate>);
}

Array modulus(const Array& z) {
    want_complex(z, "abs");
    return unary(z, real_of(z.dtype()), unary_loop<double, Z, magnitude>,
                 unary_loop<float, C, magnitude>);
}

Array complex(const Array& re, const Array& im) {
    if (!is_float(re.dtype()) || re.dtype() != im.dtype()) {
        throw DTypeError(std::string("complex: wants two real operands, got ") +
                         name_of(re.dtype()) + " and " + name_of(im.dtype()));
    }
    Dims shape;
    if (!broadcast(re.shape(), im.shape(), shape)) {
        throw ShapeError("complex: shapes " + to_string(re.shape()) + " and " +
                         to_string(im.shape()) + " do not broadcast");
    }
    Array out = Array::empty(complex_of(re.dtype()), shape);
    Operand ops[] = {{re, shape}, {im, shape}, {out, shape}};
    iterate(shape, ops,
            {re.dtype() == DType::f64 ? Loop(complex_loop<double>) : complex_loop<float>});
    return out;
}

}  // namespace rg
