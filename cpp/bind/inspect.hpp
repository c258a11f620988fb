// A graph as flat arrays, for pictures: no tensor is made for a node that Python does not hold.
#pragma once

#include <pybind11/pybind11.h>

namespace rg {

// Adds `graph_nodes(tensor)`.
void install_inspect(pybind11::module_& m);

}  // namespace rg
