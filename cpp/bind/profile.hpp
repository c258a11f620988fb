// Profiles, regions and the anomaly mode as Python opens and reads them.
#pragma once

#include <pybind11/pybind11.h>

#include "array/error.hpp"

namespace rg {

// Adds the class Profile, `region_enter`, `region_exit`, the ContextVar `region_mode`,
// `open_anomaly` and `set_library_folders`.
void install_profile(pybind11::module_& m);

// After a walk that was watched: profiles look at the root of their first one.
void tell_of_walk(PyObject* root) noexcept;

// The message of an anomaly with the line that made the operation. With the GIL.
std::string describe_anomaly(const Anomaly& a);

}  // namespace rg
