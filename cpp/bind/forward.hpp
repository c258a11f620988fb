// Levels of forward mode and sweeps through recorded graphs, as retrograd.functional uses them.
#pragma once

#include <pybind11/pybind11.h>

namespace rg {

void install_forward(pybind11::module_& m);

}  // namespace rg
