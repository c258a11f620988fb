#include "graph/run.hpp"

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

}  // namespace

Run::Run(Node* root, bool retain_graph) : root_(root), retain_(retain_graph), id_(enter()) {}

Run::~Run() {
    release_claims();
    {
        std::lock_guard lock(claims);
        table[id_].active = false;
    }
    ended.notify_all();
}

void Run::visit(Node& n) {
    if (n.freed.load(std::memory_order_relaxed)) {
        throw GraphError(std::string(n.op->name) +
                         ": its saved values were freed by an earlier backward; "
                         "pass retain_graph=True to that one");
    }
    n.owner.store(id_, std::memory_order_relaxed);
    n.grad.reset();
    n.pending = 0;
    work_ += n.value.nbytes();
    if (n.is_leaf()) {
        leaves_.push_back(&n);
    } else {
        stack_.push_back(&n);
    }
}

// A leaf that another run holds; it stays foreign to this one when that run has ended.
bool Run::foreign(Node& n) const {
    if (!n.is_leaf()) return false;
    const std::uint16_t owner = n.owner.load(std::memory_order_acquire);
    return owner == 0 ? foreign_.contains(&n) : owner != id_;
}

bool Run::mark(std::size_t limit) {
    while (limit) {
        std::unique_lock lock(claims);
        const auto blocked = [&](Node& n) {
            const std::uint16_t other = n.owner.load(std::memory_order_acquire);
            if (other == 0 || other == id_) return false;
            if (table[other].thread == std::this_thread::get_id()) {
                throw GraphError("backward: called from inside a walk over the same graph");
            }
            blocked_by_ = other;
            blocked_serial_ = table[other].serial;
            return true;
        };
        if (foreign(*root_)) {
            if (foreign_.try_emplace(root_).second) leaves_.push_back(root_);
        } else if (!root_->owner.load(std::memory_order_acquire)) {
            visit(*root_);
        } else if (blocked(*root_)) {
            return false;
        }
        for (std::size_t i = std::min(limit, kSlice); i > 0; --i, --limit) {
            if (stack_.empty()) return true;
            Node& n = *stack_.back();
            stack_.pop_back();
            for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
                Node* in = n.input(k);
                if (!in) continue;
                if (foreign(*in)) {
                    if (foreign_.try_emplace(in).second) leaves_.push_back(in);
                    continue;
                }
                if (!in->owner.load(std::memory_order_acquire)) {
                    visit(*in);
                } else if (blocked(*in)) {
                    lock.unlock();
                    release_claims();
                    return false;
                }
                ++in->pending;
            }
        }
        if (stack_.empty()) return true;
        lock.unlock();
        poll();
    }
    return false;
}

void Run::wait_for_other() {
    std::unique_lock lock(claims);
    ended.wait(lock, [&] {
        return !table[blocked_by_].active || table[blocked_by_].serial != blocked_serial_;
    });
    blocked_by_ = 0;
}

void Run::wait_until_free(const Node& node) {
    std::unique_lock lock(claims);
    ended.wait(lock, [&] {
        const std::uint16_t id = node.owner.load(std::memory_order_acquire);
        return id == 0 || table[id].thread == std::this_thread::get_id();
    });
}

Array& Run::cotangent(Node& n) {
    if (n.owner.load(std::memory_order_relaxed) == id_) [[likely]]
        return n.grad;
    return foreign_[&n];
}

// What this run still holds is reachable from what it has not walked yet.
void Run::release_claims() noexcept {
    const auto release = [&](Node* n) {
        if (n->owner.load(std::memory_order_relaxed) != id_) return false;
        // A scalar leaf that no Python tensor stands for keeps its cotangent, as other scalars do.
        if (!done_ || !n->grad || !n->grad.is_scalar()) n->grad.reset();
        n->owner.store(0, std::memory_order_release);
        return true;
    };
    for (Node* leaf : leaves_) release(leaf);
    leaves_.clear();
    foreign_.clear();
    stack_.push_back(root_);
    // The walk keeps the node under way on the stack, so that it is found here after a failure.
    std::vector<Node*> todo;
    todo.swap(stack_);
    // A node taken off the stack in marking has claimed inputs but is itself still claimed, and
    // everything claimed hangs below the root or below a ready node.
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
