#include "bind/site.hpp"

#include <array>
#include <functional>
#include <unordered_map>

namespace rg::site {

int stacks_wanted = 0;

namespace {

struct Site {
    std::uint32_t caller;
    PyObject* code;
    int lasti;

    bool operator==(const Site&) const = default;
};

struct Hash {
    std::size_t operator()(const Site& s) const {
        const auto bits = reinterpret_cast<std::uintptr_t>(s.code);
        return (bits ^ std::uintptr_t(s.lasti) << 20 ^ std::uintptr_t(s.caller) << 40) *
               std::uintptr_t{0x9e3779b97f4a7c15};
    }
};

constexpr std::size_t kCached = 1 << 10;
constexpr int kDeepest = 128;

struct Cached {
    PyObject* code = nullptr;
    int lasti = 0;
    std::uint32_t site = 0;
};

struct Tables {
    // Code objects stay alive while their address stands for them.
    std::vector<Ref> kept;
    std::vector<Site> sites;  // number n is at n - 1
    std::unordered_map<Site, std::uint32_t, Hash> numbers;
    std::unordered_map<PyObject*, bool> libraries;
    std::array<Cached, kCached> cache;
    std::vector<std::string> library_folders;
};

// Never destroyed: a profile that is open at exit would let go of objects of an interpreter that
// is gone.
Tables& tables = *new Tables;

Cached& cached(PyObject* code, int lasti) {
    const auto bits = reinterpret_cast<std::uintptr_t>(code);
    return tables.cache[(bits >> 4 ^ bits >> 14 ^ std::uintptr_t(lasti) >> 1) % kCached];
}

bool below_library_folder(PyObject* code) {
    const Ref file(PyObject_GetAttrString(code, "co_filename"));
    const char* name = file ? PyUnicode_AsUTF8(file.get()) : nullptr;
    PyErr_Clear();  // a name that is no UTF-8 is none of ours
    if (!name) return false;
    for (const std::string& folder : tables.library_folders) {
        if (std::string_view(name).starts_with(folder)) return true;
    }
    return false;
}

bool is_library(PyObject* code) {
    const auto it = tables.libraries.find(code);
    if (it != tables.libraries.end()) return it->second;
    tables.kept.push_back(Ref::borrow(code));
    return tables.libraries[code] = below_library_folder(code);
}

std::uint32_t number(const Site& s) {
    const auto [it, is_new] = tables.numbers.try_emplace(s, std::uint32_t(tables.sites.size() + 1));
    if (is_new) tables.sites.push_back(s);
    return it->second;
}

struct Frame {
    PyObject* code;  // kept by its frame, which runs
    int lasti;
};

// The user's frames from the one that runs outwards, as many as are wanted.
int user_frames(PyFrameObject* from, std::array<Frame, kDeepest>& out) {
    int n = 0;
    const int wanted = stacks_wanted ? kDeepest : 1;
    Ref frame = Ref::borrow(reinterpret_cast<PyObject*>(from));
    while (frame && n < wanted) {
        auto* f = reinterpret_cast<PyFrameObject*>(frame.get());
        const Ref code(reinterpret_cast<PyObject*>(PyFrame_GetCode(f)));
        if (!is_library(code.get())) out[n++] = {code.get(), PyFrame_GetLasti(f)};
        frame = Ref(reinterpret_cast<PyObject*>(PyFrame_GetBack(f)));
    }
    return n;
}

}  // namespace

std::uint32_t current() {
    PyFrameObject* frame = PyEval_GetFrame();
    if (!frame) return 0;
    const Ref code(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
    const int lasti = PyFrame_GetLasti(frame);
    Cached& c = cached(code.get(), lasti);
    if (!stacks_wanted && c.code == code.get() && c.lasti == lasti) [[likely]]
        return c.site;
    std::array<Frame, kDeepest> frames;
    std::uint32_t site = 0;
    for (int i = user_frames(frame, frames); i-- > 0;) {
        site = number({site, frames[i].code, frames[i].lasti});
    }
    // What a library runs depends on who called it.
    if (!stacks_wanted && !is_library(code.get())) c = {code.get(), lasti, site};
    return site;
}

void set_library_folders(std::vector<std::string> folders) {
    tables.library_folders = std::move(folders);
}

std::vector<std::tuple<std::uint32_t, Ref, int>> captured() {
    std::vector<std::tuple<std::uint32_t, Ref, int>> out;
    out.reserve(tables.sites.size());
    for (const Site& s : tables.sites) out.emplace_back(s.caller, Ref::borrow(s.code), s.lasti);
    return out;
}

std::string describe(std::uint32_t site) {
    if (!site || site > tables.sites.size()) return {};
    const Site s = tables.sites[site - 1];
    const int line = PyCode_Addr2Line(reinterpret_cast<PyCodeObject*>(s.code), s.lasti);
    const Ref place(PyUnicode_FromFormat(
        "%U:%d in %U", Ref(PyObject_GetAttrString(s.code, "co_filename")).get(), line,
        Ref(PyObject_GetAttrString(s.code, "co_qualname")).get()));
    const Ref file(PyObject_GetAttrString(s.code, "co_filename"));
    const Ref linecache(PyImport_ImportModule("linecache"));
    const Ref source(linecache && file
                         ? PyObject_CallMethod(linecache.get(), "getline", "Oi", file.get(), line)
                         : nullptr);
    const Ref text(source ? PyObject_CallMethod(source.get(), "strip", nullptr) : nullptr);
    const Ref whole(place && text && PyUnicode_GET_LENGTH(text.get())
                        ? PyUnicode_FromFormat("%U: %U", place.get(), text.get())
                        : Py_XNewRef(place.get()));
    // A path need not be valid text.
    const Ref bytes(whole ? PyUnicode_AsEncodedString(whole.get(), "utf-8", "backslashreplace")
                          : nullptr);
    PyErr_Clear();
    return bytes ? std::string(PyBytes_AS_STRING(bytes.get())) : std::string();
}

void clear() {
    tables.sites.clear();
    tables.numbers.clear();
    tables.libraries.clear();
    tables.cache.fill({});
    // Last, and by way of a local: letting go may run Python code.
    const std::vector<Ref> gone = std::move(tables.kept);
    tables.kept.clear();
}

}  // namespace rg::site
