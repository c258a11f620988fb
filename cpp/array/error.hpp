// What the core throws. bind maps each type to one Python exception; the core never prints.
#pragma once

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace rg {

struct ShapeError : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct DTypeError : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct GraphError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A NaN or an infinity that the anomaly mode has met, and the recorder's row of the operation.
struct Anomaly : std::runtime_error {
    Anomaly(const std::string& text, std::uint32_t row_of_operation)
        : std::runtime_error(text), row(row_of_operation) {}
    std::uint32_t row;
};

// A bad_alloc that says how much was asked for.
struct AllocationError : std::bad_alloc {
    explicit AllocationError(std::string text) : text_(std::move(text)) {}
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

}  // namespace rg
