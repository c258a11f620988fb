// A check harness small enough to read at once. Include it in one test_*.cpp: it brings main().
//   TEST(adds) { CHECK(1 + 1 == 2); CHECK_THROWS(std::bad_alloc, take(-1)); }
// A failed check is printed with its place and the test goes on; an escaped exception ends only it.
#pragma once
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

namespace check {
struct Test {
    const char* name;
    void (*body)();
};
inline std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}
inline int failures = 0;
inline bool add(const char* name, void (*body)()) {
    tests().push_back({name, body});
    return true;
}
inline void fail(const char* file, int line, const char* what, const char* why) {
    ++failures;
    std::fprintf(stderr, "%s:%d: %s %s\n", file, line, what, why);
}
}  // namespace check

#define TEST(name)                                                   \
    static void test_##name();                                       \
    static const bool added_##name = check::add(#name, test_##name); \
    static void test_##name()
#define CHECK(...) \
    ((__VA_ARGS__) ? void() : check::fail(__FILE__, __LINE__, #__VA_ARGS__, "is false"))
#define CHECK_THROWS(type, ...)                                                \
    try {                                                                      \
        static_cast<void>(__VA_ARGS__);                                        \
        check::fail(__FILE__, __LINE__, #__VA_ARGS__, "did not throw " #type); \
    } catch (const type&) {                                                    \
    }

// The sanitizers' allocators shall fail as the system's does, by returning null.
#define SANITIZER_OPTIONS extern "C" [[gnu::visibility("default")]] const char*
SANITIZER_OPTIONS __asan_default_options() { return "allocator_may_return_null=1"; }
SANITIZER_OPTIONS __tsan_default_options() { return "allocator_may_return_null=1"; }

// With an argument, only the test of that name runs.
int main(int argc, char** argv) {
    int run = 0;
    for (const auto& test : check::tests()) {
        if (argc > 1 && std::strcmp(argv[1], test.name) != 0) continue;
        ++run;
        try {
            test.body();
        } catch (const std::exception& e) {
            check::fail(test.name, 0, "threw", e.what());
        } catch (...) {
            check::fail(test.name, 0, "threw", "something that is no std::exception");
        }
    }
    std::fprintf(stderr, "%d tests, %d failures\n", run, check::failures);
    return check::failures != 0 || run == 0;
}
