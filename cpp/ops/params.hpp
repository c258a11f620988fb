// What a structural operation needs besides its operands: axes, a shape, an index.
#pragma once

#include <cstdint>
#include <utility>

#include "array/index.hpp"

namespace rg {

// Counted under the GIL, like the nodes that hold them.
class Params {
public:
    virtual ~Params() = default;
    // The operation's own, where the graph keeps something around them.
    virtual const Params* own() const noexcept { return this; }
    void retain() const noexcept { ++count_; }
    void release() const noexcept {
        if (--count_ == 0) delete this;
    }

private:
    mutable std::uint32_t count_ = 0;
};

template <class T>
struct ParamsOf final : Params {
    explicit ParamsOf(T v) : value(std::move(v)) {}
    T value;
};

struct NoParams {};

template <class T>
const T& params_as(const Params* p) {
    return static_cast<const ParamsOf<T>*>(p)->value;
}

template <>
inline const NoParams& params_as<NoParams>(const Params*) {
    static constexpr NoParams none;
    return none;
}

class ParamsPtr {
public:
    ParamsPtr() noexcept = default;
    explicit ParamsPtr(const Params* p) noexcept : p_(p) {
        if (p_) p_->retain();
    }
    ParamsPtr(const ParamsPtr& o) noexcept : ParamsPtr(o.p_) {}
    ParamsPtr& operator=(ParamsPtr o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    ~ParamsPtr() {
        if (p_) p_->release();
    }
    const Params* get() const noexcept { return p_; }

private:
    const Params* p_ = nullptr;
};

template <class T>
ParamsPtr make_params(T value) {
    return ParamsPtr(new ParamsOf<T>(std::move(value)));
}

struct Axes {
    std::uint64_t mask = 0;  // bit k: axis k is reduced
    bool keep = false;       // reduced axes stay, with length one

    bool has(int axis) const { return mask >> axis & 1; }
};

struct OneAxis {
    int axis;
};

// Along one axis, from its start or from its end.
struct Scan {
    int axis;
    bool reverse = false;
};

struct Permutation {
    Dims axes;
};

struct Shape {
    Dims dims;
};

struct Target {
    DType dtype;
};

// An index into an array of shape `of`.
struct Place {
    Index index;
    Dims of;
};

}  // namespace rg
