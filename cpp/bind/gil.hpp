// Giving up the GIL for a walk, and taking it back inside one.
#pragma once

#include <unistd.h>

#include "array/count.hpp"
#include "bind/python_api.hpp"

namespace rg {

// The state this thread saved when it gave up the GIL; null while it holds it.
inline thread_local PyThreadState* released_gil = nullptr;

// A daemon thread that asks for the GIL when the interpreter is gone is ended by Python through a
// forced unwinding, which no destructor survives. It sleeps instead, until the process ends.
inline void take_gil_back() noexcept {
    try {
        PyEval_RestoreThread(std::exchange(released_gil, nullptr));
    } catch (...) {
        for (;;) ::pause();
    }
}

class GilRelease {
public:
    GilRelease() {
        ++counting_threads;
        released_gil = PyEval_SaveThread();
    }
    ~GilRelease() {
        take_gil_back();
        --counting_threads;
    }
    GilRelease(const GilRelease&) = delete;
    GilRelease& operator=(const GilRelease&) = delete;
};

// Does nothing where the GIL is held.
class GilAcquire {
public:
    GilAcquire() : given_back_(released_gil != nullptr) {
        if (given_back_) take_gil_back();
    }
    ~GilAcquire() {
        if (given_back_) released_gil = PyEval_SaveThread();
    }
    GilAcquire(const GilAcquire&) = delete;
    GilAcquire& operator=(const GilAcquire&) = delete;

private:
    bool given_back_;
};

}  // namespace rg
