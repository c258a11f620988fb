#include "bind/operations.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <structmember.h>

#include "array/error.hpp"
#include "bind/convert.hpp"
#include "bind/temporary.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

struct Op {
    PyObject_HEAD vectorcallfunc call;
    const OpInfo* info;
    PyObject* name;   // as users know it
    PyObject* ufunc;  // NumPy's counterpart, or None
    PyObject* doc;
    PyObject* signature;
};

Op* as_op(PyObject* o) { return reinterpret_cast<Op*>(o); }

[[noreturn]] void type_error(const std::string& text) {
    PyErr_SetString(PyExc_TypeError, text.c_str());
    throw PythonError{};
}

// Without a Tensor among the operands the result is a plain array, as NumPy would give it.
PyObject* call_on_arrays(const Op* op, PyObject* const* args, int n) {
    Tensor in[kMaxArity];
    const char* name = op->info->name;
    for (int k = 0; k < n; ++k) {
        in[k] = Tensor(any_value(args[k], name));
    }
    Array out = apply(*op->info, in).value;
    return own_array(std::move(out));
}

PyObject* call(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* names) {
    const void* const caller = __builtin_return_address(0);
    return guarded([&]() -> PyObject* {
        const Op* op = as_op(self);
        const OpInfo& info = *op->info;
        const int n = int(PyVectorcall_NARGS(nargsf));
        if (names && PyTuple_GET_SIZE(names)) {
            const Ref key(PyObject_Str(PyTuple_GET_ITEM(names, 0)));
            type_error(std::string(info.name) + ": keyword '" +
                       PyUnicode_AsUTF8(checked(key.get())) + "' is not supported");
        }
        if (n != info.arity) {
            type_error(std::string(info.name) + ": wants " + std::to_string(info.arity) +
                       " operands, got " + std::to_string(n));
        }
        if (std::none_of(args, args + n, is_tensor)) return call_on_arrays(op, args, n);
        Tensor in[kMaxArity];
        if (!parse_operands(args, n, in, info.name)) {
            const int k =
                int(std::find_if(in, in + n, [](const Tensor& t) { return !t.layout(); }) - in);
            throw DTypeError(std::string(info.name) + ": operand of type " +
                             Py_TYPE(args[k])->tp_name +
                             " is neither a number, an array nor a Tensor");
        }
        release_temporaries(args, in, n, caller);
        return wrap(apply(info, in));
    });
}

void op_dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(as_op(self)->name);
    Py_XDECREF(as_op(self)->ufunc);
    Py_XDECREF(as_op(self)->doc);
    Py_XDECREF(as_op(self)->signature);
    type->tp_free(self);
    Py_DECREF(type);
}

int op_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_op(self)->ufunc);
    return 0;
}

// t.tanh() is tanh(t), as with any Python function.
PyObject* bind_method(PyObject* self, PyObject* instance, PyObject*) {
    return instance ? PyMethod_New(self, instance) : Py_NewRef(self);
}

PyObject* op_repr(PyObject* self) {
    return PyUnicode_FromFormat("<retrograd operation '%U'>", as_op(self)->name);
}

PyMemberDef op_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Op, call), READONLY, nullptr},
    {"__name__", T_OBJECT, offsetof(Op, name), READONLY, nullptr},
    {"__qualname__", T_OBJECT, offsetof(Op, name), READONLY, nullptr},
    {"__doc__", T_OBJECT, offsetof(Op, doc), READONLY, nullptr},
    {"__text_signature__", T_OBJECT, offsetof(Op, signature), READONLY, nullptr},
    {"ufunc", T_OBJECT, offsetof(Op, ufunc), READONLY, "NumPy's counterpart, or None"},
    {nullptr, 0, 0, 0, nullptr},
};

PyTypeObject* op_type = nullptr;

template <class F>
void* slot(F* f) {
    return reinterpret_cast<void*>(f);
}

}  // namespace

PyObject* make_op_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot(op_dealloc)},
                           {Py_tp_traverse, slot(op_traverse)},
                           {Py_tp_call, slot(PyVectorcall_Call)},
                           {Py_tp_descr_get, slot(bind_method)},
                           {Py_tp_repr, slot(op_repr)},
                           {Py_tp_members, op_members},
                           {0, nullptr}};
    PyType_Spec spec = {"retrograd._core.Op", sizeof(Op), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                            Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        slots};
    PyObject* type = checked(PyType_FromModuleAndSpec(module, &spec, nullptr));
    op_type = reinterpret_cast<PyTypeObject*>(type);
    return type;
}

PyObject* make_op(PyObject*, PyObject* args) {
    const char *registry_name, *doc = "";
    PyObject *ufunc = Py_None, *name = nullptr;
    if (!PyArg_ParseTuple(args, "sU|Os:op", &registry_name, &name, &ufunc, &doc)) return nullptr;
    return guarded([&] {
        const OpInfo* info = find(registry_name);
        if (!info) type_error(std::string("op: there is no operation '") + registry_name + "'");
        Ref made(checked(op_type->tp_alloc(op_type, 0)));
        Op* op = as_op(made.get());
        op->call = call;
        op->info = info;
        op->name = Py_NewRef(name);
        op->ufunc = Py_NewRef(ufunc);
        op->doc = checked(PyUnicode_FromString(doc));
        op->signature = checked(PyUnicode_FromString(info->arity == 1 ? "(x, /)" : "(a, b, /)"));
        if (ufunc != Py_None) use_loop(registry_name, ufunc);
        return made.leave();
    });
}

}  // namespace rg
