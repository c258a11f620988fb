// Tensor.backward: seed, run, commit.
#include "bind/backward.hpp"

#include <chrono>
#include <optional>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/gil.hpp"
#include "bind/gradient.hpp"
#include "graph/dual.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"

namespace rg {
namespace {

// Below these the GIL is not worth giving up: taking it back may mean waiting for another thread.
constexpr std::size_t kFewNodes = 512;
constexpr std::int64_t kFewBytes = 1 << 17;

Tensor seed_of(PyObject* gradient, const Array& root) {
    if (!gradient || gradient == Py_None) return Tensor(filled(root.dtype(), 1.0, root.shape()));
    Tensor g = is_tensor(gradient) ? operand(as_handle(gradient))
                                   : Tensor(gradient_array(gradient, root.dtype(), "backward"));
    if (!g.value.same_shape(root)) {
        throw ShapeError("backward: gradient of shape " + to_string(g.value.shape()) +
                         " came, the tensor has " + to_string(root.shape()));
    }
    return g;
}

// Claims the graph; true where it turned out large.
bool mark(Run& run, WalkScope* scope) {
    if (run.mark(kFewNodes)) return run.work() > kFewBytes;
    const GilRelease released;
    for (;;) {
        if (run.must_wait()) {
            if (scope) scope->passed(Phase::Order);
            run.wait_for_other();
            if (scope) scope->passed(Phase::Wait);
        }
        if (run.mark(SIZE_MAX)) return true;
    }
}

void walk(Run& run, Array seed, bool large, WalkScope* scope) {
    std::optional<GilRelease> released;
    if (large) released.emplace();
    run.walk(std::move(seed), scope);
}

void run_and_commit(const Tensor& root, Tensor seed, bool retain_graph, bool create_graph,
                    WalkScope* scope) {
    Run run(root.node.get(), retain_graph);
    const bool large = mark(run, scope);
    if (scope) scope->passed(Phase::Order);
    if (create_graph) {
        seed = cast(seed, Target{root.value.dtype()});
        auto cotangents = run.walk_recording(std::move(seed), scope);
        commit(std::move(cotangents));
    } else {
        Array g = cast(seed.value, root.value.dtype());
        // A gradient of the user's may be written to while the walk still reads it.
        walk(run, keep(g), large, scope);
        // Getting the GIL back may have taken a while.
        if (scope) scope->passed(Phase::Wait);
        commit(run);
    }
    if (scope) scope->passed(Phase::Commit);
}

// Called between the pieces of long loops: answers Ctrl-C some twenty times a second.
void answer_signals() {
    using clock = std::chrono::steady_clock;
    thread_local clock::time_point last;
    const auto now = clock::now();
    if (now - last < std::chrono::milliseconds(50)) return;
    last = now;
    const GilAcquire gil;
    if (PyErr_CheckSignals() < 0) throw PythonError{};
}

}  // namespace

void run_backward(Handle* h, PyObject* gradient, bool retain_graph, bool create_graph) {
    const Tensor root = operand(h);
    if (!root.recorded()) {
        throw GraphError("backward: the tensor does not require a gradient");
    }
    if (!create_graph && dual::has_tangent(root)) {
        throw GraphError(
            "backward: inside a jvp the gradients have tangents; pass create_graph=True");
    }
    Tensor seed = seed_of(gradient, root.value);
    if (!observers)
        return run_and_commit(root, std::move(seed), retain_graph, create_graph, nullptr);
    WalkScope scope(retain_graph);
    run_and_commit(root, std::move(seed), retain_graph, create_graph, &scope);
    scope.passed(Phase::Free);
}

void install_signal_check() { interrupt_hook = answer_signals; }

}  // namespace rg
