// Functions of the module for `retrograd.functional`.
#pragma once

#include "bind/python_api.hpp"

namespace rg {

extern PyMethodDef functional_functions[];

}  // namespace rg
