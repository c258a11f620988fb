// How many threads large loops run on, as Python sees it.
#pragma once

#include "bind/python_api.hpp"

namespace rg {

void install_threads(PyObject* module);

}  // namespace rg
