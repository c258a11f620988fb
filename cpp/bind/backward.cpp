// Tensor.backward: seed, run, commit. And `gradients`, which hands the result to its caller.
#include "bind/backward.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/gil.hpp"
#include "bind/gradient.hpp"
#include "bind/hooks.hpp"
#include "bind/profile.hpp"
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
    if (!gradient || gradient == Py_None) {
        if (!is_complex(root.dtype())) return Tensor(filled(root.dtype(), 1.0, root.shape()));
        throw DTypeError(std::string("backward: the tensor is ") + name_of(root.dtype()) +
                         "; go from a real one, such as abs(z) or z.real, or pass a gradient");
    }
    Tensor g = is_tensor(gradient) ? operand(as_handle(gradient))
                                   : Tensor(gradient_array(gradient, root.dtype(), "backward"));
    if (!g.value.same_shape(root)) {
        throw ShapeError("backward: gradient of shape " + to_string(g.value.shape()) +
                         " came, the tensor has " + to_string(root.shape()));
    }
    if (is_complex(g.value.dtype()) && !is_complex(root.dtype())) {
        throw DTypeError(std::string("backward: ") + name_of(g.value.dtype()) + " came, wanted " +
                         name_of(root.dtype()));
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

void walk(Run& run, std::span<Array> seeds, bool large, WalkScope* scope) {
    std::optional<GilRelease> released;
    if (large) released.emplace();
    run.walk(seeds, scope);
}

// What is walked from, and with which cotangents.
struct Roots {
    std::vector<Node*> nodes;
    std::vector<Tensor> tensors, seeds;  // the tensors keep the nodes alive

    void add(Tensor root, PyObject* gradient) {
        Tensor seed = seed_of(gradient, root.value);
        seeds.push_back(cast(seed, Target{root.value.dtype()}));
        nodes.push_back(root.node.get());
        tensors.push_back(std::move(root));
    }
    // A gradient of the user's may be written to while the walk still reads it.
    std::vector<Array> private_seeds() {
        std::vector<Array> g;
        for (const Tensor& seed : std::exchange(seeds, {})) g.push_back(keep(seed.value));
        return g;
    }
};

// The whole walk; `finish` takes its result, the run or the cotangents it recorded.
template <class Finish>
void run_through(Run& run, Roots& roots, bool create_graph, WalkScope* scope, Finish&& finish) {
    const bool large = mark(run, scope);
    if (scope) scope->passed(Phase::Order);
    if (create_graph) {
        const RuleResults kept;
        finish(run.walk_recording(roots.seeds, scope));
    } else {
        std::vector<Array> seeds = roots.private_seeds();
        walk(run, seeds, large, scope);
        // Getting the GIL back may have taken a while.
        if (scope) scope->passed(Phase::Wait);
        finish(run);
    }
    if (scope) scope->passed(Phase::Commit);
}

// Calls f with a scope where anybody watches, with null elsewhere.
template <class F>
void watched(bool retain_graph, F&& f) {
    if (!observers) return f(nullptr);
    WalkScope scope(retain_graph);
    f(&scope);
    scope.passed(Phase::Free);
}

Ref tuple_like(const std::vector<Node*>& inputs) {
    return Ref(checked(PyTuple_New(Py_ssize_t(inputs.size()))));
}

// What the walk found for each input.
Ref pick(const Run::Cotangents& all, const std::vector<Node*>& inputs, std::size_t n_own) {
    Ref result = tuple_like(inputs);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& c) { return c.first == inputs[k]; });
        if (found == all.end()) {
            PyTuple_SET_ITEM(result.get(), Py_ssize_t(k), Py_NewRef(Py_None));
            continue;
        }
        Tensor g = found->second;
        if (k < n_own && inputs[k]->has(Node::kHooks)) run_hooks_recording(*inputs[k], g);
        PyTuple_SET_ITEM(result.get(), Py_ssize_t(k), wrap_gradient(g));
    }
    return result;
}

Ref pick(Run& run, const std::vector<Node*>& inputs, std::size_t n_own) {
    Ref result = tuple_like(inputs);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        Array& g = run.cotangent(*inputs[k]);
        if (g && k < n_own && inputs[k]->has(Node::kHooks)) run_hooks(*inputs[k], g);
        PyObject* array = g ? own_array(std::move(g)) : Py_NewRef(Py_None);
        PyTuple_SET_ITEM(result.get(), Py_ssize_t(k), array);
    }
    return result;
}

void refuse_tangents(const Tensor& root) {
    if (!dual::has_tangent(root)) return;
    throw GraphError("backward: inside a jvp the gradients have tangents; pass create_graph=True");
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
    if (!create_graph) refuse_tangents(root);
    Roots roots;
    roots.add(root, gradient);
    watched(retain_graph, [&](WalkScope* scope) {
        Run run(root.node.get(), retain_graph);
        run_through(run, roots, create_graph, scope,
                    [](auto&& found) { commit(std::forward<decltype(found)>(found)); });
    });
    if (observers) tell_of_walk(as_object(h));
}

PyObject* gradients(PyObject* outputs, PyObject* seeds, PyObject* inputs, std::size_t n_own,
                    bool create_graph) {
    Roots roots;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(outputs); ++k) {
        Tensor root = operand(as_handle(PyTuple_GET_ITEM(outputs, k)));
        if (!root.recorded()) continue;
        if (!create_graph) refuse_tangents(root);
        roots.add(std::move(root), PyTuple_GET_ITEM(seeds, k));
    }
    std::vector<Node*> wanted;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(inputs); ++k) {
        wanted.push_back(as_handle(PyTuple_GET_ITEM(inputs, k))->t.node.get());
    }
    std::vector<Node*> stops = wanted;
    std::sort(stops.begin(), stops.end());
    Ref result;
    watched(true, [&](WalkScope* scope) {
        Run run(roots.nodes, true, stops);
        run_through(run, roots, create_graph, scope,
                    [&](auto&& found) { result = pick(found, wanted, n_own); });
    });
    if (observers && !roots.tensors.empty()) tell_of_walk(PyTuple_GET_ITEM(outputs, 0));
    return result.leave();
}

void install_signal_check() { interrupt_hook = answer_signals; }

}  // namespace rg
