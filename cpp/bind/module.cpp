// The extension module: pybind11 owns it and what is called rarely.
#define RETROGRAD_IMPORT_NUMPY
#include "bind/python_api.hpp"

#include <pybind11/pybind11.h>

#include <algorithm>

#include "array/footprint.hpp"
#include "array/pool.hpp"
#include "bind/anchor.hpp"
#include "bind/backward.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/forward.hpp"
#include "bind/functional.hpp"
#include "bind/hooks.hpp"
#include "bind/index.hpp"
#include "bind/inspect.hpp"
#include "bind/modes.hpp"
#include "bind/operations.hpp"
#include "bind/profile.hpp"
#include "bind/threads.hpp"
#include "ops/registry.hpp"

namespace py = pybind11;

namespace {

void import_numpy() {
    if (_import_array() < 0 || _import_umath() < 0) throw py::error_already_set();
}

py::tuple op_names() {
    py::list names;
    for (const rg::OpInfo& op : rg::all_ops()) {
        if (op.differentiable && !op.external) names.append(op.name);
    }
    return py::tuple(names);
}

// What was derived from the rules of an operation.
py::dict op_info(const std::string& name) {
    const rg::OpInfo* op = rg::find(name);
    if (!op) throw py::key_error(name);
    py::list reads, passes, flops;
    for (int k = 0; k < op->arity; ++k) {
        reads.append(int(op->reads[k]));
        passes.append(op->passes[k]);
        flops.append(int(op->vjp_flops[k]));
    }
    py::dict d;
    d["symbol"] = op->symbol;
    d["arity"] = int(op->arity);
    d["elementwise"] = op->elementwise;
    d["reads"] = reads;
    d["passes"] = passes;
    d["flops"] = int(op->flops);
    d["vjp_flops"] = flops;
    return d;
}

// Bytes: live, the peak of that, cached, and the nodes' part of live.
py::tuple memory(bool reset_peak) {
    namespace footprint = rg::footprint;
    const std::int64_t live = footprint::live(), peak = std::max(live, footprint::peak());
    const std::int64_t nodes = footprint::nodes.load(std::memory_order_relaxed);
    if (reset_peak) footprint::reset_peak();
    return py::make_tuple(
        live, peak, std::int64_t(rg::pool::cached_bytes()) + rg::node_pool::cached_bytes(), nodes);
}

void empty_cache() {
    rg::pool::trim();
    rg::node_pool::trim();
    rg::system_memory::trim();
}

PyMethodDef op_function = {"op", rg::make_op, METH_VARARGS,
                           "op(name, public_name, ufunc=None, doc='', /)\n--\n\n"
                           "The callable of a registry operation."};

}  // namespace

PYBIND11_MODULE(_core, m, py::multiple_interpreters::not_supported()) {
    import_numpy();
    try {
        rg::add_exceptions(m.ptr());
        for (auto make :
             {rg::make_base_type, rg::make_lease_type, rg::make_anchor_type, rg::make_op_type}) {
            rg::checked(PyModule_AddType(m.ptr(), reinterpret_cast<PyTypeObject*>(make(m.ptr()))));
        }
        rg::checked(PyModule_AddFunctions(m.ptr(), rg::structural_functions));
        rg::checked(PyModule_AddFunctions(m.ptr(), rg::rearranging_functions));
        rg::checked(
            PyModule_AddObject(m.ptr(), "op", rg::checked(PyCFunction_New(&op_function, m.ptr()))));
        rg::checked(PyModule_AddFunctions(m.ptr(), rg::functional_functions));
        rg::checked(PyModule_AddFunctions(m.ptr(), rg::custom_functions));
        rg::checked(PyModule_AddFunctions(m.ptr(), rg::hook_functions));
#ifndef Py_GIL_DISABLED
        rg::counting_threads = 0;  // whoever holds the GIL counts alone, see gil.hpp
#endif
        rg::install_rules();
        rg::install_modes(m.ptr());
        rg::install_threads(m.ptr());
        rg::install_profile(m);
        rg::install_inspect(m);
        rg::install_forward(m);
    } catch (const rg::PythonError&) {
        throw py::error_already_set();
    }
    rg::install_float_errors();
    rg::install_signal_check();

    m.attr("__version__") = RETROGRAD_VERSION;
    m.def("register", [](const py::type& cls) {
        try {
            rg::register_facade(reinterpret_cast<PyTypeObject*>(cls.ptr()));
        } catch (const rg::PythonError&) {
            throw py::error_already_set();
        }
    });
    m.def("set_positions_function",
          [](const py::function& f) { rg::set_positions_function(f.ptr()); });
    m.def("op_names", op_names);
    m.def("op_info", op_info);
    m.def("live_nodes", &rg::Node::live);
    m.def("live_buffers", &rg::Buffer::live);
    m.def("memory", memory);
    m.def("empty_cache", empty_cache);
    m.def("fail_allocation", &rg::pool::fail_after);
}
