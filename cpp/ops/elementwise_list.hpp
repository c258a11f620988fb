// All elementwise operations as one list, from which everything else is derived.
#pragma once

#include "ops/elementwise.hpp"
#include "ops/exponential.hpp"
#include "ops/pairs.hpp"
#include "ops/rounding.hpp"
#include "ops/trigonometric.hpp"

namespace rg::op {

using Elementwise = Concat<Concat<Arithmetic, Trigonometric>,  //
                           Concat<Exponential, Concat<Rounding, Pairs>>>;

}  // namespace rg::op
