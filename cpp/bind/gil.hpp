// Giving up the GIL for a walk, and taking it back inside one.
#pragma once

#include "bind/python_api.hpp"

namespace rg {

// The state this thread saved when it gave up the GIL; null while it holds it.
inline thread_local PyThreadState* released_gil = nullptr;

class GilRelease {
public:
    GilRelease() { released_gil = PyEval_SaveThread(); }
    ~GilRelease() { PyEval_RestoreThread(std::exchange(released_gil, nullptr)); }
    GilRelease(const GilRelease&) = delete;
    GilRelease& operator=(const GilRelease&) = delete;
};

// Does nothing where the GIL is held.
class GilAcquire {
public:
    GilAcquire() : given_back_(released_gil != nullptr) {
        if (given_back_) PyEval_RestoreThread(std::exchange(released_gil, nullptr));
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
