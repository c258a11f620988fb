#include "array/parallel.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "array/float_flags.hpp"

namespace rg {

void (*interrupt_hook)() = nullptr;

namespace team {

constinit thread_local bool busy = false;

namespace {

int default_size() {
    if (const char* text = std::getenv("OMP_NUM_THREADS")) {
        if (const long n = std::strtol(text, nullptr, 10); n > 0)
            return int(std::min<long>(n, kMost));
    }
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return std::max(1, int(std::thread::hardware_concurrency()));
}

int (*blas_threads)() = nullptr;
std::atomic<int> wanted{0};           // 0: nobody has set it
std::atomic<int> blas_then{INT_MAX};  // what BLAS had when it was set

// Pieces that one member takes first and others when they have none left: the same elements of
// one loop after the other stay in the same core's cache.
struct alignas(64) Share {
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
};

class Team {
public:
    // By one caller at a time.
    void run(std::int64_t count, Task task, const void* body, int threads) {
        grow(threads - 1);
        parts_ = int(std::min<std::int64_t>(members_ + 1, threads));
        for (int k = 0; k < parts_; ++k) {
            shares_[k].next.store(k * count / parts_, std::memory_order_relaxed);
            shares_[k].end = (k + 1) * count / parts_;
        }
        task_ = task;
        body_ = body;
        {
            std::lock_guard lock(mutex_);
            ++serial_;
            joined_ = 1;
            open_ = true;
        }
        for (int k = 1; k < parts_; ++k) begin_.notify_one();
        work(0);
        std::unique_lock lock(mutex_);
        // Who has not come by now need not come: all pieces are taken.
        open_ = false;
        end_.wait(lock, [this] { return active_ == 0; });
        raise_float_flags(std::exchange(flags_, 0));
    }

private:
    // As many as the system gives. Signals are for the threads of Python.
    void grow(int members) {
        if (members <= members_) return;
        sigset_t all, before;
        sigfillset(&all);
        for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            shares_ = std::make_unique<Share[]>(std::size_t(members) + 1);
            for (; members_ < members; ++members_) {
                std::thread([this, seen = serial_] { serve(seen); }).detach();
            }
        } catch (...) {
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void work(int part) noexcept {
        busy = true;
        for (int k = 0; k < parts_; ++k) {
            Share& share = shares_[(part + k) % parts_];
            for (;;) {
                const std::int64_t i = share.next.fetch_add(1, std::memory_order_relaxed);
                if (i >= share.end) break;
                task_(body_, i);
            }
        }
        busy = false;
    }

    void serve(std::uint64_t seen) {
        std::unique_lock lock(mutex_);
        for (;;) {
            begin_.wait(lock, [&] { return serial_ != seen; });
            seen = serial_;
            if (!open_ || joined_ == parts_) continue;
            const int part = joined_++;
            ++active_;
            lock.unlock();
            clear_float_flags();
            work(part);
            const int flags = float_flags();
            lock.lock();
            flags_ |= flags;
            if (--active_ == 0) end_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable begin_, end_;
    // Of the region under way; what stands below is guarded by the mutex.
    Task task_ = nullptr;
    const void* body_ = nullptr;
    std::unique_ptr<Share[]> shares_ = std::make_unique<Share[]>(1);
    int parts_ = 1;
    int members_ = 0;
    std::uint64_t serial_ = 0;
    bool open_ = false;
    int joined_ = 0, active_ = 0, flags_ = 0;
};

// Never destroyed: its threads sleep until the process ends.
Team* the_team = nullptr;
std::atomic_flag taken = ATOMIC_FLAG_INIT;

// A forked child has none of the threads, and makes its own team.
void forget() {
    the_team = nullptr;
    taken.clear();
}

}  // namespace

int size() {
    static const int unset = default_size();
    if (busy) return 1;
    const int set = wanted.load(std::memory_order_relaxed), n = set ? set : unset;
    const int blas = blas_threads ? blas_threads() : INT_MAX;
    return blas < blas_then.load(std::memory_order_relaxed) ? std::min(n, blas) : n;
}

void set_size(int n) {
    if (blas_threads) blas_then.store(blas_threads(), std::memory_order_relaxed);
    wanted.store(n, std::memory_order_relaxed);
}

void follow(int (*threads)()) { blas_threads = threads; }

void run(std::int64_t count, Task task, const void* body, int threads) {
    threads = int(std::min<std::int64_t>(threads, count));
    if (threads < 2 || taken.test_and_set(std::memory_order_acquire)) {
        for (std::int64_t i = 0; i < count; ++i) task(body, i);
        return;
    }
    const std::unique_ptr<std::atomic_flag, void (*)(std::atomic_flag*)> give_back(
        &taken, [](std::atomic_flag* flag) { flag->clear(std::memory_order_release); });
    if (!the_team) {
        static const int registered = pthread_atfork(nullptr, nullptr, forget);
        static_cast<void>(registered);
        the_team = new Team;
    }
    the_team->run(count, task, body, threads);
}

}  // namespace team
}  // namespace rg
