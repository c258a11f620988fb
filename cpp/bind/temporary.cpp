#include "bind/temporary.hpp"

#include <algorithm>
#include <iterator>

#include "bind/handle.hpp"

#if PY_VERSION_HEX < 0x030e0000
#include <unwind.h>
#endif

namespace rg {
namespace {

#if PY_VERSION_HEX < 0x030e0000

// In these versions the interpreter owns what lies on its stack: a count of one then means that the
// object ends there. But other callers lend what they keep, as an array of objects lends its
// elements. So the loop must have called, through nothing but one of these; NumPy tells its own
// temporaries by a look at the native stack, too.
template <class F>
const void* address(F* f) {
    return reinterpret_cast<const void*>(f);
}
const void* const between[] = {address(PyNumber_Add),
                               address(PyNumber_Subtract),
                               address(PyNumber_Multiply),
                               address(PyNumber_TrueDivide),
                               address(PyNumber_Remainder),
                               address(PyNumber_FloorDivide),
                               address(PyNumber_MatrixMultiply),
                               address(PyNumber_Power),
                               address(PyNumber_Negative),
                               address(PyNumber_Positive),
                               address(PyNumber_Absolute),
                               address(PyObject_Vectorcall)};

struct Search {
    const void* caller;
    int frames = 0;  // from that one on
    bool last_fits = true;
    bool found = false;
};

_Unwind_Reason_Code visit(_Unwind_Context* frame, void* data) {
    auto& search = *static_cast<Search*>(data);
    const auto at = _Unwind_GetIP(frame);
    if (!search.frames && reinterpret_cast<const void*>(at) != search.caller) return _URC_NO_REASON;
    const void* function = _Unwind_FindEnclosingFunction(reinterpret_cast<void*>(at - 1));
    search.found = search.last_fits && function == address(_PyEval_EvalFrameDefault);
    search.last_fits =
        std::find(std::begin(between), std::end(between), function) != std::end(between);
    // The slot's caller within PyNumber_Add and its like may be a function of its own.
    return search.found || ++search.frames > 2 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

bool called_by_the_loop(const void* caller) {
    Search search{caller};
    _Unwind_Backtrace(visit, &search);
    return search.found;
}

bool on_the_stack_only(PyObject* o) { return Py_REFCNT(o) == 1; }

#else

bool called_by_the_loop(const void*) { return true; }
bool on_the_stack_only(PyObject* o) { return PyUnstable_Object_IsUniqueReferencedTemporary(o); }

#endif

// Whether the tensor keeps its value from others only by being there.
bool keeps_alone(PyObject* o, const Array& value) {
    if (Py_TYPE(o) != tensor_type || !on_the_stack_only(o)) return false;
    const Handle& h = *as_handle(o);
    return !h.weakrefs && !h.anchor && !h.view && value.buffer()->count.now() == 2;
}

}  // namespace

void release_temporaries(PyObject* const* args, Tensor* in, int n, const void* caller) {
    bool known = false;
    for (int k = 0; k < n; ++k) {
        if (in[k].value.nbytes() < kWorthReusing || !keeps_alone(args[k], in[k].value)) continue;
        if (!known && !called_by_the_loop(caller)) return;
        known = true;
        Array& value = as_handle(args[k])->t.value;
        value = value.without_value();
    }
}

}  // namespace rg
