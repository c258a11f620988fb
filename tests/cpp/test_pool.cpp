// What memory waits for reuse: how much, which blocks go first, and when all do.
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "array/array.hpp"
#include "array/error.hpp"
#include "array/footprint.hpp"
#include "array/pool.hpp"
#include "check.hpp"
#include "graph/node_pool.hpp"

using namespace rg;

namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;

#ifdef RETROGRAD_NO_POOL
constexpr bool kReuse = false;
#else
constexpr bool kReuse = true;
#endif

// A process of so much memory, an eighth of which may wait in the lists.
struct Machine {
    explicit Machine(std::size_t bytes) {
        pool::trim();
        pool::set_limit(bytes);
    }
    ~Machine() {
        pool::trim();
        pool::set_limit(0);
        pool::available = system_memory::available;
    }
};

void pass(std::size_t bytes, int blocks = 1) {
    std::vector<void*> taken;
    for (int i = 0; i < blocks; ++i) taken.push_back(pool::allocate(bytes));
    for (void* block : taken) pool::release(block, bytes);
}

// Whether a block of that size waits, found out by taking it.
bool warm(std::size_t bytes) {
    const std::size_t before = pool::cached_bytes();
    void* block = pool::allocate(bytes);
    const bool found = pool::cached_bytes() < before;
    pool::release(block, bytes);
    return found;
}

}  // namespace

TEST(bound) {
    const Machine machine(8 * kMiB);
    pass(64 * kKiB, 15);
    CHECK(pool::cached_bytes() == (kReuse ? 15 * 64 * kKiB : 0));
    pass(64 * kKiB, 40);
    CHECK(pool::cached_bytes() == (kReuse ? kMiB : 0));
    pass(2 * kMiB);  // more than all that may wait: it takes nothing else's place
    CHECK(pool::cached_bytes() == (kReuse ? kMiB : 0));
    for (std::size_t bytes = 1; bytes < kMiB; bytes += bytes / 5 + 1) {
        pass(bytes, 3);
        CHECK(pool::cached_bytes() <= kMiB);
    }
}

TEST(stale_sizes_go_first) {
    const Machine machine(8 * kMiB);
    pass(40 * kKiB, 20);
    pass(3 * kKiB);
    for (int i = 0; i < 100; ++i) {
        CHECK(warm(3 * kKiB) == kReuse);
        pass(56 * kKiB, 10);  // a new shape, again and again
    }
    CHECK(warm(56 * kKiB) == kReuse && pool::cached_bytes() <= kMiB);
    pass(56 * kKiB, 18);
    CHECK(!warm(40 * kKiB) && warm(3 * kKiB) == kReuse);
}

TEST(trim_gives_all_back) {
    pass(1000, 3);
    pass(3 * kMiB);
    CHECK(!kReuse || pool::cached_bytes() >= 3 * kMiB);
    pool::trim();
    CHECK(pool::cached_bytes() == 0);
}

TEST(a_system_that_is_short_gets_the_cache) {
    const Machine machine(1024 * kMiB);
    static std::size_t free_now, asked;
    pool::available = []() noexcept { return ++asked, free_now; };
    free_now = 1024 * kMiB;
    pass(kMiB);
    pass(32 * kMiB);
    CHECK(!kReuse || (asked == 1 && warm(kMiB)));
    pass(32 * kMiB);  // out of the list: nobody asks
    pass(2 * kMiB);   // not worth a question
    CHECK(!kReuse || asked == 1);
    free_now = 100 * kMiB;  // a sixteenth of all, which is for others, and less than 48 MiB
    pass(48 * kMiB);
    CHECK(!kReuse || (asked == 2 && !warm(kMiB) && warm(48 * kMiB)));
}

TEST(what_lives_counts_against_the_limit) {
    const Machine machine(1024 * kMiB);
    pool::available = []() noexcept { return SIZE_MAX; };
    pass(kMiB);
    const Array most = Array::empty(DType::f32, {900 * std::int64_t(kMiB / 4)});  // never touched
    CHECK(warm(kMiB) == kReuse);
    pass(96 * kMiB);
    CHECK(!warm(kMiB));
}

TEST(failing_allocations_leave_the_pool_whole) {
    const Machine machine(8 * kMiB);
    for (int n = 1; n < 40; ++n) {
        pool::fail_after(n);
        int made = 0;
        try {
            for (; made < 20; ++made) pass(64 * kKiB * std::size_t(1 + made % 3));
        } catch (const AllocationError&) {
        }
        CHECK(made == std::min(n - 1, 20));
        pool::fail_after(0);
        CHECK(pool::cached_bytes() <= kMiB);
        CHECK_THROWS(AllocationError, pool::allocate(std::size_t{1} << 60));
        CHECK(pool::cached_bytes() == 0);  // what waited was given up first
    }
}

TEST(threads) {
    const Machine machine(2 * kMiB);
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; ++id) {
        threads.emplace_back([id] {
            for (int i = 0; i < 4000; ++i) {
                const std::size_t bytes = std::size_t(64) << ((i + id) % 11);
                void* block = pool::allocate(bytes);
                std::memset(block, id, bytes);
                if (i % 500 == 499) pool::trim();
                CHECK(static_cast<char*>(block)[bytes - 1] == id);
                pool::release(block, bytes);
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(pool::cached_bytes() <= 2 * kMiB / 8);
    pool::trim();
    CHECK(pool::cached_bytes() == 0);
}

TEST(peak) {
    const std::int64_t before = footprint::live();
    footprint::reset_peak();
    const auto array = [](std::int64_t n) { return Array::empty(DType::f64, {n}); };
    {
        Array a = array(1000), b = array(1000);
        b = Array();
        const Array c = array(500);
        CHECK(footprint::peak() - before == 2 * 8064);
        CHECK(footprint::live() - before == 8064 + 4064 + 32);
    }
    CHECK(footprint::peak() - before == 2 * 8064 && footprint::live() == before);
    footprint::reset_peak();
    CHECK(footprint::peak() == before);
    // All threads hold theirs at the same time, and nobody else ever holds more.
    constexpr int kThreads = 4;
    std::barrier all(kThreads);
    std::vector<std::thread> threads;
    for (int id = 0; id < kThreads; ++id) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const Array mine = array(992 + i);
                all.arrive_and_wait();
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(footprint::peak() - before >= kThreads * (64 + 8 * 1191));
    CHECK(footprint::peak() - before <= kThreads * 2 * (64 + 8 * 1192));
}

TEST(slabs_without_nodes_go_back) {
    node_pool::trim();
    const std::int64_t before = node_pool::cached_bytes();
    std::vector<void*> small, other;
    for (int i = 0; i < 100000; ++i) small.push_back(node_pool::allocate(104));
    for (int i = 0; i < 1000; ++i) other.push_back(node_pool::allocate(72));
    void* large = node_pool::allocate(100000);
    CHECK(node_pool::cached_bytes() - before < 64 * 1024);
    void* kept = small[50000];
    std::memset(kept, 7, 104);
    for (void* block : small) {
        if (block != kept) node_pool::release(block, 104);
    }
    CHECK(!kReuse || node_pool::cached_bytes() - before > 99999 * 104);
    node_pool::trim();
    CHECK(node_pool::cached_bytes() - before < std::int64_t(3 * kMiB));
    CHECK(static_cast<char*>(kept)[103] == 7);
    // What is left serves on, and no block twice.
    small.assign(1, kept);
    for (int i = 0; i < 100000; ++i) small.push_back(node_pool::allocate(104));
    std::sort(small.begin(), small.end());
    CHECK(std::adjacent_find(small.begin(), small.end()) == small.end());
    for (void* block : small) node_pool::release(block, 104);
    for (void* block : other) node_pool::release(block, 72);
    node_pool::release(large, 100000);
    node_pool::trim();
    CHECK(node_pool::cached_bytes() == 0);
}

TEST(control_groups) {
    namespace fs = std::filesystem;
    const fs::path root = fs::temp_directory_path() / ("retrograd-" + std::to_string(getpid()));
    const auto write = [&](const char* name, const std::string& text) {
        fs::create_directories((root / name).parent_path());
        std::ofstream(root / name) << text;
    };
    const auto limit = [&](const std::string& groups) {
        write("groups", groups);
        return system_memory::cgroup_limit((root / "groups").c_str(), root.c_str());
    };
    write("a/b/memory.max", "max\n");
    write("a/memory.max", "5000\n");
    write("memory.max", "9000\n");
    write("memory/x/memory.limit_in_bytes", "700\n");
    write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(limit("0::/a/b\n") == 5000);  // the limit of a group above
    CHECK(limit("0::/\n") == 9000);
    CHECK(limit("0::/not/here\n") == 9000);  // a container's view of its host's name
    CHECK(limit("3:cpuset:/x\n4:memory:/x\n0::/\n") == 700);
    CHECK(limit("4:cpu,memory:/y\n") == 9223372036854771712u);
    CHECK(limit("") == SIZE_MAX && limit("nonsense\n") == SIZE_MAX);
    fs::remove_all(root);
    CHECK(system_memory::cgroup_limit(root.c_str(), root.c_str()) == SIZE_MAX);
    CHECK(system_memory::limit() > kMiB && system_memory::limit() < SIZE_MAX);
    CHECK(system_memory::available() > kMiB);
}
