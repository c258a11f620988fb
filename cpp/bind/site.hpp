// Which line of the user's code is running: code object and instruction, captured as a number and
// decoded when somebody asks. Frames of library folders are passed over.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "bind/python_api.hpp"

namespace rg::site {

// The line under way in this thread, 0 where only libraries run. With stacks, its callers too.
std::uint32_t current();
// How many profiles want callers.
extern int stacks_wanted;

// Source files below these folders are libraries.
void set_library_folders(std::vector<std::string> folders);

// All lines captured so far, from number 1: (number of the caller or 0, code, instruction offset).
std::vector<std::tuple<std::uint32_t, Ref, int>> captured();
// "fit.py:12 in loss: y = np.sqrt(x)"; empty for 0.
std::string describe(std::uint32_t site);
// Lets go of all code objects.
void clear();

}  // namespace rg::site
