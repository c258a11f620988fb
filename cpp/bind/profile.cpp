#include "bind/python_api.hpp"

#include "bind/profile.hpp"

#include <pybind11/stl.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "array/buffer.hpp"
#include "array/clock.hpp"
#include "bind/site.hpp"
#include "graph/anomaly.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"

namespace py = pybind11;

namespace rg {
namespace {

PyObject* region_mode = nullptr;
int living_profiles = 0;

// What a profile keeps of the first walk's root. Shared with the walk that asks: while Python code
// looks, another thread may close the profile and drop it.
struct Look {
    py::function ask;
    py::object seen = py::none();
};

// Of open profiles that have seen no walk yet.
std::vector<std::shared_ptr<Look>> waiting_for_a_walk;

void watch(int change) {
    observers += change;
    open_modes += change;
    count_allocations = observers > 0;
}

// Rows, numbers and lines are kept while somebody may still ask for them.
void forget_all() {
    if (living_profiles || observers || watched_walks) return;
    forget_rows();
    site::clear();
}

std::uint32_t current_region() {
    PyObject* value = nullptr;
    if (PyContextVar_Get(region_mode, nullptr, &value) < 0 || !value) {
        PyErr_Clear();
        return 0;
    }
    const Ref held(value);
    return std::uint32_t(PyLong_AsLong(value));
}

class PyProfile {
public:
    PyProfile(std::size_t max_events, bool stacks, py::function look)
        : profile_(std::in_place, max_events),
          stacks_(stacks),
          look_(std::make_shared<Look>(std::move(look))) {
        forget_all();  // what a walk that outlived its profile has held
        ++living_profiles;
    }
    ~PyProfile() {
        stop();
        {
            std::lock_guard guard(recorder::lock);
            profile_.reset();
        }
        --living_profiles;
        forget_all();
    }
    PyProfile(const PyProfile&) = delete;
    PyProfile& operator=(const PyProfile&) = delete;

    void start() {
        if (open_ || profile_->sums.opened) throw GraphError("profile: it has been started before");
        clock::ns_per_tick();
        {
            std::lock_guard guard(recorder::lock);
            recorder::open(&*profile_);
        }
        open_ = true;
        site::stacks_wanted += stacks_;
        watch(1);
        waiting_for_a_walk.push_back(look_);
    }

    void stop() {
        if (!open_) return;
        open_ = false;
        watch(-1);
        std::erase(waiting_for_a_walk, look_);
        site::stacks_wanted -= stacks_;
        std::lock_guard guard(recorder::lock);
        recorder::close(&*profile_);
    }

    // How many operations it has seen so far: cheap enough to be asked ten times a second.
    std::int64_t operations() const {
        std::lock_guard guard(recorder::lock);
        return std::int64_t(profile_->events.size()) + profile_->sums.dropped;
    }

    py::dict snapshot();

private:
    py::tuple row_tuple(const Row& r, const Tally& t, std::int64_t at_peak) const;
    std::int64_t ns(std::int64_t ticks) const { return std::int64_t(double(ticks) * ns_per_tick_); }

    std::optional<Profile> profile_;
    double ns_per_tick_ = 1;
    bool stacks_, open_ = false;
    std::shared_ptr<Look> look_;
};

py::tuple PyProfile::row_tuple(const Row& r, const Tally& t, std::int64_t at_peak) const {
    py::list operands;
    for (const std::string& o : r.operands) operands.append(o);
    const auto& c = r.each;
    return py::make_tuple(
        // The user's own name may have been cut in the middle of a character.
        py::reinterpret_steal<py::object>(
            PyUnicode_DecodeUTF8(r.op.data(), Py_ssize_t(r.op.size()), "replace")),
        r.site, r.region, py::tuple(operands), r.result,
        py::make_tuple(t.calls, ns(t.forward), t.backward_calls, ns(t.backward),
                       c.forward_bytes * t.calls, c.backward_bytes * t.backward_calls,
                       c.forward_flops * t.calls, c.backward_flops * t.backward_calls,
                       r.saved * t.calls, t.allocations, t.allocated),
        at_peak);
}

// Everything is copied under the lock first: making Python objects may free nodes, which asks for
// the lock.
py::dict PyProfile::snapshot() {
    std::vector<Row> rows;
    std::vector<std::uint64_t> threads;
    std::unique_lock guard(recorder::lock);
    profile_->settle_peak();
    std::vector<Event> events = profile_->events.copy();
    Sums p = profile_->sums;
    for (std::uint32_t i = 0; i < recorder::row_count(); ++i) rows.push_back(recorder::row(i));
    threads = recorder::threads();
    guard.unlock();

    ns_per_tick_ = clock::ns_per_tick();
    p.tallies.resize(rows.size());
    p.saved_at_peak.resize(rows.size());
    const std::int64_t closed = open_ ? Meter::now().ticks : p.closed;
    for (Event& e : events) {
        e.start = std::max(ns(e.start - p.opened), std::int64_t{0});
        e.end = ns(e.end - p.opened);
    }
    py::list row_list, sites;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        row_list.append(row_tuple(rows[i], p.tallies[i], p.saved_at_peak[i]));
    }
    for (const auto& [caller, code, lasti] : site::captured()) {
        sites.append(py::make_tuple(caller, py::reinterpret_borrow<py::object>(code.get()), lasti));
    }
    py::dict regions, out;
    for (const auto& [id, r] : p.regions) {
        regions[py::int_(id)] = py::make_tuple(r.entries, ns(r.ticks));
    }
    out["rows"] = row_list;
    out["sites"] = sites;
    out["regions"] = regions;
    out["threads"] = threads;
    out["events"] =
        py::bytes(reinterpret_cast<const char*>(events.data()), events.size() * sizeof(Event));
    out["peak"] = py::make_tuple(p.peak, p.peak ? ns(p.peak_at - p.opened) : 0);
    out["wall_ns"] = p.opened ? ns(closed - p.opened) : 0;
    out["backward_calls"] = p.backward_calls;
    out["backward_wall_ns"] = ns(p.backward_ticks);
    out["dropped"] = p.dropped;
    out["graph"] = look_->seen;
    return out;
}

// A daemon thread that runs Python code at exit is ended by a forced unwinding, as in gil.hpp.
PyObject* call_or_sleep(PyObject* f, PyObject* x) noexcept {
    try {
        return PyObject_CallOneArg(f, x);
    } catch (...) {
        for (;;) ::pause();
    }
}

PyObject* region_enter(PyObject*, PyObject*) {
    ++open_regions;
    return PyLong_FromLongLong(Meter::now().ticks);
}

PyObject* region_exit(PyObject*, PyObject* args) {
    unsigned id;
    long long start;
    if (!PyArg_ParseTuple(args, "IL:region_exit", &id, &start)) return nullptr;
    --open_regions;
    return guarded([&] {
        if (observers) add_region(id, start);
        return Py_NewRef(Py_None);
    });
}

PyObject* open_anomaly(PyObject*, PyObject* change) {
    const long by = PyLong_AsLong(change);
    if (by == -1 && PyErr_Occurred()) return nullptr;
    anomaly::open_modes += int(by);
    watch(int(by));
    forget_all();
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"region_enter", region_enter, METH_NOARGS, "region_enter()\n--\n\n"},
    {"region_exit", region_exit, METH_VARARGS, "region_exit(region, start, /)\n--\n\n"},
    {"open_anomaly", open_anomaly, METH_O, "open_anomaly(change, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void tell_of_walk(PyObject* root) noexcept {
    if (waiting_for_a_walk.empty()) return;
    for (const auto& look : std::exchange(waiting_for_a_walk, {})) {
        const Ref seen(call_or_sleep(look->ask.ptr(), root));
        if (seen) {
            look->seen = py::reinterpret_borrow<py::object>(seen.get());
        } else {
            PyErr_WriteUnraisable(look->ask.ptr());
        }
    }
}

std::string describe_anomaly(const Anomaly& a) {
    std::uint32_t place = 0;
    if (a.row != recorder::kNoRow) {
        std::lock_guard guard(recorder::lock);
        if (a.row < recorder::row_count()) place = recorder::row(a.row).site;
    }
    const std::string line = site::describe(place);
    return a.what() + (line.empty() ? std::string() : "; made at " + line);
}

void install_profile(py::module_& m) {
    region_mode = checked(PyContextVar_New("retrograd_region", nullptr));
    checked(PyModule_AddObjectRef(m.ptr(), "region_mode", region_mode));
    checked(PyModule_AddFunctions(m.ptr(), functions));
    site_hook = site::current;
    region_hook = current_region;
    m.def("set_library_folders", &site::set_library_folders);
    // The errors of retrograd go through the one map, not through pybind11's.
    const py::metaclass plain(reinterpret_cast<PyObject*>(&PyType_Type));
    py::class_<PyProfile>(m, "Profile", plain)
        .def(py::init<std::size_t, bool, py::function>(), py::arg("max_events"), py::arg("stacks"),
             py::arg("look"))
        .def("start",
             [](PyProfile& p) {
                 if (!guarded([&] {
                         p.start();
                         return Py_None;
                     }))
                     throw py::error_already_set();
             })
        .def("stop", &PyProfile::stop)
        .def_property_readonly("operations", &PyProfile::operations)
        .def("snapshot", &PyProfile::snapshot);
}

}  // namespace rg
