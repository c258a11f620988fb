#include "graph/run.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "array/error.hpp"

namespace rg {
namespace {

// Live runs by id; id 0 means unclaimed. Ids are used again, serial numbers are not.
struct Live {
    std::thread::id thread;
    std::uint64_t serial = 0;
    bool active = false;
};

// Guards the table and every first claim on a node. Held for short slices only, and never while
// asking for the GIL.
std::mutex claims;
std::condition_variable ended;
std::vector<Live> table(1);
std::uint64_t next_serial = 1;

std::uint16_t enter() {
    std::lock_guard lock(claims);
    std::size_t id = 1;
    while (id < table.size() && table[id].active) ++id;
    if (id > 0xffff) throw GraphError("backward: too many walks at the same time");
    if (id == table.size()) table.emplace_back();
    table[id] = {std::this_thread::get_id(), next_serial++, true};
    return std::uint16_t(id);
}

constexpr std::size_t kSlice = 1 << 15;

[[noreturn]] void refuse_freed(const Node& n) {
    throw GraphError(std::string(n.op->name) +
                     ": its saved values were freed by an earlier backward; "
                     "pass retain_graph=True to that one");
}

// Who waits for which run. A rule may walk a graph, or read a gradient, that another thread's walk
// holds, while that one's rule waits for ours: the last to close such a circle is refused.
struct Waiting {
    std::thread::id thread;
    std::uint16_t id;
    std::uint64_t serial;
};
std::vector<Waiting> waiting;

bool is_over(const Waiting& w) { return !table[w.id].active || table[w.id].serial != w.serial; }

bool closes_circle(std::uint16_t id) {
    const auto self = std::this_thread::get_id();
    std::thread::id at = table[id].thread;
    for (std::size_t steps = 0; steps <= waiting.size(); ++steps) {
        if (at == self) return true;
        const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& w) {
            return w.thread == at && !is_over(w);
        });
        if (next == waiting.end()) return false;
        at = table[next->id].thread;
    }
    return true;
}

// Until the run has ended. Asks for signals now and then, without the lock.
void wait_for(std::uint16_t id, std::uint64_t serial) {
    std::unique_lock lock(claims);
    const Waiting self{std::this_thread::get_id(), id, serial};
    if (is_over(self)) return;
    if (closes_circle(id)) {
        throw GraphError("backward: two walks wait for each other's graphs");
    }
    waiting.push_back(self);
    const auto leave = [&] {
        std::erase_if(waiting, [&](const Waiting& w) { return w.thread == self.thread; });
    };
    while (!ended.wait_for(lock, std::chrono::milliseconds(50), [&] { return is_over(self); })) {
        lock.unlock();
        try {
            poll();
        } catch (...) {
            lock.lock();
            leave();
            throw;
        }
        lock.lock();
    }
    leave();
}

}  // namespace

// More consumers than a graph has: such a node is never ready.
constexpr std::uint32_t kNever = std::uint32_t{1} << 31;

Run::Run(Nodes roots, bool retain_graph, Nodes stops)
    : roots_(roots), stops_(stops), retain_(retain_graph), id_(enter()) {}

Run::Run(Node* root, bool retain_graph)
    : root_(root), roots_(&root_, 1), retain_(retain_graph), id_(enter()) {}

Run::~Run() {
    release_claims();
    {
        std::lock_guard lock(claims);
        table[id_].active = false;
    }
    ended.notify_all();
}

inline void Run::take(Node& n) {
    if (n.freed.load(std::memory_order_relaxed)) [[unlikely]]
        refuse_freed(n);
    n.owner.store(id_, std::memory_order_relaxed);
    n.grad.reset();
    if (!n.value.is_scalar()) work_ += n.value.nbytes();
}

// A leaf or a stop. One that another run holds stays foreign when that run has ended meanwhile.
Run::Claim Run::claim_end(Node& n, std::uint16_t owner) {
    if (owner || foreign_.contains(&n)) {
        if (foreign_.try_emplace(&n).second) leaves_.push_back(&n);
        return Claim::Foreign;
    }
    take(n);
    n.pending = kNever;
    leaves_.push_back(&n);
    return Claim::Ours;
}

bool Run::is_stop(Node& n) const { return std::binary_search(stops_.begin(), stops_.end(), &n); }

// The walk has to wait for another run, unless it is one of this thread.
void Run::meet(std::uint16_t owner) {
    if (table[owner].thread == std::this_thread::get_id()) {
        throw GraphError("backward: called from inside a walk over the same graph");
    }
    blocked_by_ = owner;
    blocked_serial_ = table[owner].serial;
}

// Makes `n` part of this run; `next` is then the node to go on with, and the stack has what it was
// before. Under the lock, and with a single look at `owner`: a walk gives its nodes back without
// the lock.
[[gnu::always_inline]] inline Run::Claim Run::claim(Node& n, Node*& next) {
    const std::uint16_t owner = n.owner.load(std::memory_order_acquire);
    if (owner == id_) return Claim::Ours;
    if (n.is_leaf() || (!stops_.empty() && is_stop(n))) return claim_end(n, owner);
    if (owner) [[unlikely]] {
        meet(owner);
        return Claim::Refused;
    }
    take(n);
    n.pending = 0;
    if (next) stack_.push_back(next);
    next = &n;
    return Claim::Ours;
}

bool Run::mark(std::size_t limit) {
    while (limit) {
        std::unique_lock lock(claims);
        Node* n = nullptr;
        for (Node* root : roots_) {
            if (claim(*root, n) != Claim::Refused) continue;
            release_claims();
            return false;
        }
        for (std::size_t i = std::min(limit, kSlice); i > 0; --i, --limit) {
            if (!n) {
                if (stack_.empty()) return true;
                n = stack_.back();
                stack_.pop_back();
            }
            Node* next = nullptr;
            for (std::uint32_t k = 0, end = n->n_inputs; k < end; ++k) {
                Node* in = n->input(k);
                if (!in) continue;
                const Claim claimed = claim(*in, next);
                if (claimed == Claim::Ours) [[likely]] {
                    ++in->pending;
                } else if (claimed == Claim::Refused) {
                    // Under the lock: a run that met these claims would wait for this one, which
                    // is about to wait for it.
                    release_claims();
                    return false;
                }
            }
            n = next;
        }
        if (n) stack_.push_back(n);
        if (stack_.empty()) return true;
        lock.unlock();
        poll();
    }
    return false;
}

void Run::wait_for_other() {
    wait_for(blocked_by_, blocked_serial_);
    blocked_by_ = 0;
}

// Under the lock, since a run of another thread may claim the node without the GIL.
Array Run::take_grad(Node& node) {
    if (!node.grad) return {};
    std::lock_guard lock(claims);
    return claimed(node) ? Array() : std::move(node.grad);
}

void Run::wait_until_free(const Node& node) {
    for (;;) {
        Waiting other;
        {
            std::lock_guard lock(claims);
            other.id = node.owner.load(std::memory_order_acquire);
            if (!other.id || table[other.id].thread == std::this_thread::get_id()) return;
            other.serial = table[other.id].serial;
        }
        wait_for(other.id, other.serial);
    }
}

Array& Run::foreign_cotangent(Node& n) { return foreign_[&n]; }

// What this run still holds is reachable from what it has not walked yet.
void Run::release_claims() noexcept {
    const auto release = [&](Node* n) {
        if (n->owner.load(std::memory_order_relaxed) != id_) return false;
        // A scalar leaf that no Python tensor stands for keeps its cotangent, as other scalars do.
        // One that a tensor stands for has it still only if the commit failed.
        const bool keep = done_ && n->grad && n->grad.is_scalar() && !n->handle.load();
        if (!keep) n->grad.reset();
        n->owner.store(0, std::memory_order_release);
        return true;
    };
    for (Node* leaf : leaves_) release(leaf);
    leaves_.clear();
    foreign_.clear();
    stack_.insert(stack_.end(), roots_.begin(), roots_.end());
    // The walk keeps the node under way on the stack, so that it is found here after a failure.
    std::vector<Node*> todo;
    todo.swap(stack_);
    // A node taken off the stack in marking has claimed inputs but is itself still claimed, and
    // everything claimed hangs below a root or below a ready node.
    while (!todo.empty()) {
        Node* n = todo.back();
        todo.pop_back();
        if (!release(n)) continue;
        for (std::uint32_t k = 0; k < n->n_inputs; ++k) {
            if (n->input(k)) todo.push_back(n->input(k));
        }
    }
    work_ = 0;
}

}  // namespace rg
