#include "array/system_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

// Plain C throughout: this may run where memory has run out.
namespace rg::system_memory {
namespace {

constexpr std::size_t kUnlimited = SIZE_MAX;

std::size_t page() noexcept { return std::size_t(sysconf(_SC_PAGESIZE)); }

// The first number of a file; unlimited where there is no file, or a word such as "max" in it.
std::size_t number_in(const char* path) noexcept {
    std::FILE* file = std::fopen(path, "re");
    if (!file) return kUnlimited;
    std::size_t n = kUnlimited;
    if (std::fscanf(file, "%zu", &n) != 1) n = kUnlimited;
    std::fclose(file);
    return n;
}

}  // namespace

// A group's own limit is not all: those above it hold too. In a container the path may be the
// host's, of which only the end of the way up, the mount itself, exists.
std::size_t cgroup_limit(const char* groups, const char* mount) noexcept {
    std::size_t least = kUnlimited;
    std::FILE* file = std::fopen(groups, "re");
    if (!file) return least;
    char line[4096], limit[sizeof line + 256];
    while (std::fgets(line, sizeof line, file)) {  // "number:controllers:path"
        char* controllers = std::strchr(line, ':');
        char* path = controllers ? std::strchr(controllers + 1, ':') : nullptr;
        if (!path) continue;
        *path++ = '\0';
        path[std::strcspn(path, "\n")] = '\0';
        const bool unified = controllers[1] == '\0';  // version 2
        if (!unified && !std::strstr(controllers, "memory")) continue;
        const char* format = unified ? "%s%s/memory.max" : "%s/memory%s/memory.limit_in_bytes";
        for (char* end = path + std::strlen(path); end; end = std::strrchr(path, '/')) {
            *end = '\0';
            std::snprintf(limit, sizeof limit, format, mount, path);
            least = std::min(least, number_in(limit));
        }
    }
    std::fclose(file);
    return least;
}

std::size_t limit() noexcept {
    const std::size_t physical = std::size_t(sysconf(_SC_PHYS_PAGES)) * page();
    return std::min(physical, cgroup_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
}

std::size_t available() noexcept {
    std::FILE* file = std::fopen("/proc/meminfo", "re");
    if (!file) return kUnlimited;
    std::size_t kib = 0;
    char line[128];
    bool found = false;
    while (!found && std::fgets(line, sizeof line, file)) {
        found = std::sscanf(line, "MemAvailable: %zu", &kib) == 1;
    }
    std::fclose(file);
    return found ? kib * 1024 : kUnlimited;
}

void prefer_huge_pages([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
    const std::size_t size = page(), at = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t skip = (size - at % size) % size;
    if (skip < bytes) madvise(static_cast<char*>(block) + skip, bytes - skip, MADV_HUGEPAGE);
#endif
}

void trim() noexcept {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

}  // namespace rg::system_memory
