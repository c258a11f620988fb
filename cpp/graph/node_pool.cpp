#include "graph/node_pool.hpp"

#include <cstdlib>

#include "array/error.hpp"

namespace rg::node_pool {
namespace {

constexpr std::size_t kSlab = std::size_t{1} << 18;

}  // namespace

void* allocate_slowly(std::size_t bytes) {
    const bool large = bytes > kLargest;
    void* memory = large ? std::malloc(bytes) : std::aligned_alloc(64, kSlab);
    if (!memory) throw AllocationError("cannot allocate graph nodes");
    if (large) return memory;
    // Blocks go on the list in address order, so that a chain lies in memory as it was built.
    char* slab = static_cast<char*>(memory);
    Free* head = nullptr;
    for (std::size_t i = kSlab / bytes; --i > 0;) head = new (slab + i * bytes) Free{head};
    lists[bytes / kStep] = head;
    return slab;
}

void free_large(void* block) noexcept { std::free(block); }

}  // namespace rg::node_pool
