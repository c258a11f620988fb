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
#include "bind/gil.hpp"
#include "bind/gradient.hpp"
#include "graph/mode.hpp"
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
bool mark(Run& run) {
    if (run.mark(kFewNodes)) return run.work() > kFewBytes;
    const GilRelease released;
    for (;;) {
        if (run.must_wait()) run.wait_for_other();
        if (run.mark(SIZE_MAX)) return true;
    }
}

void walk(Run& run, std::span<Array> seeds, bool large) {
    std::optional<GilRelease> released;
    if (large) released.emplace();
    run.walk(seeds);
}

// A gradient of the user's may be written to while the walk still reads it.
Array private_seed(const Tensor& seed, const Array& root) {
    return keep(cast(seed.value, root.dtype()));
}

struct Roots {
    std::vector<Node*> nodes;
    std::vector<Tensor> tensors, seeds;  // the tensors keep the nodes alive
};

// Constants among the outputs are left out.
Roots roots_of(PyObject* outputs, PyObject* seeds) {
    Roots r;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(outputs); ++k) {
        Tensor root = operand(as_handle(PyTuple_GET_ITEM(outputs, k)));
        if (!root.node) continue;
        Tensor seed = seed_of(PyTuple_GET_ITEM(seeds, k), root.value);
        r.seeds.push_back(cast(seed, Target{root.value.dtype()}));
        r.nodes.push_back(root.node.get());
        r.tensors.push_back(std::move(root));
    }
    return r;
}

// What a recording walk found for each input, in a tuple.
PyObject* pick(const std::vector<std::pair<Node*, Tensor>>& all, const std::vector<Node*>& inputs) {
    Ref result(checked(PyTuple_New(Py_ssize_t(inputs.size()))));
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& c) { return c.first == inputs[k]; });
        PyObject* g = found == all.end() ? Py_NewRef(Py_None) : wrap_gradient(found->second);
        PyTuple_SET_ITEM(result.get(), Py_ssize_t(k), g);
    }
    return result.leave();
}

PyObject* pick(Run& run, const std::vector<Node*>& inputs) {
    Ref result(checked(PyTuple_New(Py_ssize_t(inputs.size()))));
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        Array& g = run.cotangent(*inputs[k]);
        PyObject* array = g ? own_array(std::move(g)) : Py_NewRef(Py_None);
        PyTuple_SET_ITEM(result.get(), Py_ssize_t(k), array);
    }
    return result.leave();
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
    if (!root.node) {
        throw GraphError("backward: the tensor does not require a gradient");
    }
    Tensor seed = seed_of(gradient, root.value);
    Run run(root.node.get(), retain_graph);
    const bool large = mark(run);
    if (create_graph) {
        seed = cast(seed, Target{root.value.dtype()});
        commit(run.walk_recording(std::move(seed)));
        return;
    }
    Array g = private_seed(seed, root.value);
    walk(run, {&g, 1}, large);
    commit(run);
}

PyObject* gradients(PyObject* outputs, PyObject* seeds, PyObject* inputs, bool create_graph) {
    Roots roots = roots_of(outputs, seeds);
    std::vector<Node*> wanted, stops;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(inputs); ++k) {
        wanted.push_back(as_handle(PyTuple_GET_ITEM(inputs, k))->t.node.get());
    }
    stops = wanted;
    std::sort(stops.begin(), stops.end());
    Run run(roots.nodes, true, stops);
    const bool large = mark(run);
    if (create_graph) return pick(run.walk_recording(roots.seeds), wanted);
    std::vector<Array> g;
    for (std::size_t k = 0; k < roots.nodes.size(); ++k) {
        g.push_back(private_seed(roots.seeds[k], roots.tensors[k].value));
    }
    roots.seeds.clear();
    walk(run, g, large);
    return pick(run, wanted);
}

void install_signal_check() { interrupt_hook = answer_signals; }

}  // namespace rg
