// An index made ready: NumPy's rules for what the user wrote are applied above, in bind.
#pragma once

#include <vector>

#include "array/array.hpp"

namespace rg {

// Either a basic index, which gives a view, or a list of positions, which gives a copy.
struct Index {
    struct Item {
        enum Kind : std::uint8_t { Integer, Slice, NewAxis } kind;
        std::int64_t start = 0, step = 1, count = 1;
    };

    bool basic = true;
    std::vector<Item> items;  // basic: one for every axis of the array, in order, and new axes
    Array positions;          // otherwise: i64, 1-d, in C order of the indexed array's shape
    bool distinct = false;    // known to come once each
    Dims shape;               // of the result
    // 1 where a position is the last with its value, 0 where a later write covers it; absent
    // where all positions differ. A write through the index gives gradient to the former only.
    Array winners;
};

// Sets `winners` for a write of `dtype` into an array of `size` elements.
void find_winners(Index& index, std::int64_t size, DType dtype);

}  // namespace rg
