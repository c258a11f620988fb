#include "graph/node_pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "array/error.hpp"
#include "array/pool.hpp"

namespace rg::node_pool {
namespace {

// A slab is as large as a huge page and lies as one does, so a block's address tells its slab. It
// is cut piece by piece: memory that is not cut yet is not mapped either, and a piece is in the
// first cache while its blocks are listed and first used.
constexpr std::size_t kSlab = std::size_t{2} << 20, kPiece = std::size_t{16} << 10;

struct Slab {
    Slab* next;
    std::size_t end;     // of what was cut
    std::size_t blocks;  // cut from it
    std::size_t free;    // of these, while `trim` counts
};
constexpr std::size_t kHeader = 64;
static_assert(sizeof(Slab) <= kHeader);

Slab* slabs = nullptr;
Slab* being_cut[kLargest / kStep + 1];
std::int64_t cut = 0, large = 0;  // bytes

Slab* slab_of(void* block) {
    return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(kSlab - 1));
}

void* system_block(std::size_t bytes, std::size_t align) {
    void* memory = nullptr;
    if (posix_memalign(&memory, align, bytes) == 0) return memory;
    pool::trim();
    if (posix_memalign(&memory, align, bytes) == 0) return memory;
    throw AllocationError("cannot allocate graph nodes");
}

// In a huge page from 16 MB of nodes on, since all of it is mapped when it is first touched.
Slab* add_slab() {
    void* memory = system_block(kSlab, kSlab);
    if (cut > std::int64_t{16} << 20) system_memory::prefer_huge_pages(memory, kSlab);
    return slabs = new (memory) Slab{slabs, kHeader, 0, 0};
}

}  // namespace

void* allocate_slowly(std::size_t bytes) {
    if (bytes > kLargest) {
        void* memory = system_block(bytes, alignof(std::max_align_t));
        large += std::int64_t(bytes);
        return memory;
    }
    Slab*& slab = being_cut[bytes / kStep];
    if (!slab || slab->end + bytes > kSlab) slab = add_slab();
    // Blocks go on the list in address order, so that a chain lies in memory as it was built.
    char* first = reinterpret_cast<char*>(slab) + slab->end;
    const std::size_t n = std::min(kPiece, kSlab - slab->end) / bytes;
    Free* head = nullptr;
    for (std::size_t i = n; --i > 0;) head = new (first + i * bytes) Free{head};
    lists[bytes / kStep] = head;
    slab->end += n * bytes;
    slab->blocks += n;
    cut += std::int64_t(n * bytes);
    return first;
}

void free_large(void* block, std::size_t bytes) noexcept {
    large -= std::int64_t(bytes);
    std::free(block);
}

std::int64_t cached_bytes() noexcept {
    return cut + large - footprint::nodes.load(std::memory_order_relaxed);
}

void trim() noexcept {
    for (Slab* s = slabs; s; s = s->next) s->free = 0;
    for (Free* list : lists) {
        for (Free* f = list; f; f = f->next) ++slab_of(f)->free;
    }
    const auto unused = [](const Slab* s) { return s->free == s->blocks; };
    for (Free*& list : lists) {
        Free** end = &list;
        for (Free* f = list; f; f = f->next) {
            if (unused(slab_of(f))) continue;
            *end = f;
            end = &f->next;
        }
        *end = nullptr;
    }
    for (Slab*& slab : being_cut) {
        if (slab && unused(slab)) slab = nullptr;
    }
    for (Slab** link = &slabs; *link;) {
        Slab* s = *link;
        if (!unused(s)) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        cut -= std::int64_t(s->end - kHeader);
        std::free(s);
    }
}

}  // namespace rg::node_pool
