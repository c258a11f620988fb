// A short list of extents, strides or axes: no heap, as many entries as NumPy allows dimensions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace rg {

inline constexpr int kMaxDims = 64;

class Dims {
public:
    Dims() noexcept {}
    Dims(std::initializer_list<std::int64_t> v) : Dims(v.begin(), int(v.size())) {}
    Dims(const std::int64_t* v, int n) noexcept : n_(n) { std::copy_n(v, n, v_); }
    Dims(int n, std::int64_t value) noexcept : n_(n) { std::fill_n(v_, n, value); }
    Dims(const Dims& o) noexcept : Dims(o.v_, o.n_) {}
    Dims& operator=(const Dims& o) noexcept {
        n_ = o.n_;
        std::copy_n(o.v_, n_, v_);
        return *this;
    }

    int size() const { return n_; }
    bool empty() const { return n_ == 0; }
    std::int64_t* data() { return v_; }
    const std::int64_t* data() const { return v_; }
    std::int64_t& operator[](int i) { return v_[i]; }
    std::int64_t operator[](int i) const { return v_[i]; }
    std::int64_t* begin() { return v_; }
    std::int64_t* end() { return v_ + n_; }
    const std::int64_t* begin() const { return v_; }
    const std::int64_t* end() const { return v_ + n_; }
    std::int64_t back() const { return v_[n_ - 1]; }
    // The caller keeps n within kMaxDims.
    void push_back(std::int64_t x) { v_[n_++] = x; }
    void resize(int n) { n_ = n; }

    friend bool operator==(const Dims& a, const Dims& b) {
        return a.n_ == b.n_ && std::equal(a.begin(), a.end(), b.begin());
    }

private:
    int n_ = 0;
    std::int64_t v_[kMaxDims];
};

// "(2,3)", "(4,)", "()": how shapes stand in messages.
std::string to_string(const Dims& shape);

// Number of elements; throws AllocationError where 64 bits cannot hold the bytes.
std::int64_t count_elements(std::span<const std::int64_t> shape, std::int64_t itemsize);

// NumPy's broadcasting of two shapes; false where they do not fit.
bool broadcast(const Dims& a, const Dims& b, Dims& out);

}  // namespace rg
