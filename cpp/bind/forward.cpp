#include "bind/forward.hpp"

#include <string>
#include <vector>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/anchor.hpp"
#include "bind/convert.hpp"
#include "bind/handle.hpp"
#include "graph/dual.hpp"
#include "graph/record.hpp"
#include "graph/sweep.hpp"
#include "ops/registry.hpp"

namespace py = pybind11;

namespace rg {
namespace {

// Runs f; what was thrown becomes the Python exception of errors.cpp, and not of pybind11's map.
template <class F>
py::object entered(F&& f) {
    PyObject* result = guarded([&]() -> PyObject* { return f().release().ptr(); });
    if (!result) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(result);
}

py::object steal(PyObject* o) { return py::reinterpret_steal<py::object>(checked(o)); }

Tensor tensor_or_constant(py::handle o, const char* who) {
    if (is_tensor(o.ptr())) return operand(as_handle(o.ptr()));
    return Tensor(any_value(o.ptr(), who));
}

// A tensor of its own: one that Python has already may not stand for two.
py::object wrap_own(Tensor t) {
    if (t.node && (t.node->is_leaf() || t.node->handle.load())) {
        const Tensor in[] = {t};
        const ParamsPtr params = make_params(Shape{t.value.shape()});
        t.node = record(info<op::Reshape>(), in, t.value, params);
    }
    return steal(wrap(std::move(t)));
}

py::object attach(py::handle x, py::handle tangent, dual::Level level) {
    return entered([&] {
        return wrap_own(
            dual::attach(tensor_or_constant(x, "jvp"), tensor_or_constant(tangent, "jvp"), level));
    });
}

py::object tangent_of(py::handle x, dual::Level level) {
    return entered([&]() -> py::object {
        Tensor t = dual::tangent_of(as_handle(x.ptr())->t, level);
        if (!t.layout()) return py::none();
        return wrap_own(std::move(t));
    });
}

py::object close_level(dual::Level level) {
    return entered([&]() -> py::object {
        dual::close_level(level, [](Node& carrier) noexcept {
            if (Handle* h = living(carrier)) set_node(h, {});
        });
        if (!dual::levels) drop_kept_anchors();
        return py::none();
    });
}

class PySweep {
public:
    PySweep(const py::sequence& inputs, const py::sequence& outputs, bool linked)
        : in_(shapes(inputs)),
          out_(shapes(outputs)),
          sweep_(nodes(inputs), nodes(outputs), linked) {}

    py::list push(const py::sequence& tangents, bool wide) const {
        return results(sweep_.push(values(tangents, in_, wide)));
    }
    py::list pull(const py::sequence& cotangents, bool wide) const {
        return results(sweep_.pull(values(cotangents, out_, wide)));
    }
    bool external() const { return sweep_.external(); }
    std::int64_t largest() const { return sweep_.largest(); }

private:
    static std::vector<NodePtr> nodes(const py::sequence& tensors) {
        std::vector<NodePtr> all;
        for (const py::handle t : tensors) {
            const Tensor x = operand(as_handle(t.ptr()));
            all.push_back(x.recorded() ? x.node : NodePtr());
        }
        return all;
    }
    static std::vector<Array> shapes(const py::sequence& tensors) {
        std::vector<Array> all;
        for (const py::handle t : tensors) {
            if (!is_tensor(t.ptr())) throw DTypeError("sweep: wants Tensors");
            all.push_back(as_handle(t.ptr())->t.value.without_value());
        }
        return all;
    }
    // One a node; None is zero. A wide one has a leading axis.
    static std::vector<Batched> values(const py::sequence& given, const std::vector<Array>& like,
                                       bool wide) {
        if (given.size() != like.size()) throw ShapeError("sweep: wants one value a tensor");
        std::vector<Batched> all;
        for (std::size_t i = 0; i < like.size(); ++i) {
            const py::object o = given[i];
            if (o.is_none()) {
                all.emplace_back();
                continue;
            }
            Tensor t = cast(tensor_or_constant(o, "sweep"), {like[i].dtype()});
            Dims shape = t.value.shape(), want = like[i].shape();
            if (wide && !shape.empty()) shape = Dims(shape.data() + 1, shape.size() - 1);
            if (shape != want || (wide && t.value.ndim() == 0)) {
                throw ShapeError("sweep: shape " + to_string(t.value.shape()) + " came, " +
                                 (wide ? "a leading axis and " : "") + to_string(want) +
                                 " was wanted");
            }
            all.push_back(wide ? Batched::wide(std::move(t)) : Batched(std::move(t)));
        }
        return all;
    }
    // (tensor, whether it has the leading axis), or None.
    static py::list results(const std::vector<Batched>& all) {
        py::list out;
        for (const Batched& b : all) {
            if (b.layout()) {
                out.append(py::make_tuple(wrap_own(b.tensor()), b.is_wide()));
            } else {
                out.append(py::none());
            }
        }
        return out;
    }

    std::vector<Array> in_, out_;
    Sweep sweep_;
};

}  // namespace

void install_forward(py::module_& m) {
    m.def("open_level", [] { return entered([] { return py::int_(dual::open_level()); }); });
    m.def("close_level", &close_level);
    m.def("open_levels", [] { return dual::levels; });
    m.def("attach", &attach);
    m.def("tangent_of", &tangent_of);
    m.def("top_level", [](py::handle x) {
        return is_tensor(x.ptr()) ? dual::top_level(as_handle(x.ptr())->t) : dual::Level{0};
    });
    m.def("give", [](py::handle x, py::handle tangent, dual::Level level) {
        return entered([&]() -> py::object {
            Handle* h = as_handle(x.ptr());
            Tensor t = operand(h);
            dual::give(t, tensor_or_constant(tangent, "jvp"), level);
            if (!h->t.node) set_node(h, t.node);
            return py::none();
        });
    });
    m.def("follow_below", &dual::follow_below);
    m.def("has_tangent", [](py::handle x) {
        return is_tensor(x.ptr()) && dual::has_tangent(as_handle(x.ptr())->t);
    });
    m.def("live_carriers", [] { return dual::carriers; });
    const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
    py::class_<PySweep>(m, "Sweep", plain)
        .def(py::init([](const py::sequence& inputs, const py::sequence& outputs, bool linked) {
                 PySweep* made = nullptr;
                 entered([&]() -> py::object {
                     made = new PySweep(inputs, outputs, linked);
                     return py::none();
                 });
                 return made;
             }),
             py::arg("inputs"), py::arg("outputs"), py::arg("linked"))
        .def("push",
             [](const PySweep& s, const py::sequence& t, bool wide) {
                 return entered([&]() -> py::object { return s.push(t, wide); });
             })
        .def("pull",
             [](const PySweep& s, const py::sequence& t, bool wide) {
                 return entered([&]() -> py::object { return s.pull(t, wide); });
             })
        .def_property_readonly("largest", &PySweep::largest)
        .def_property_readonly("external", &PySweep::external);
}

}  // namespace rg
