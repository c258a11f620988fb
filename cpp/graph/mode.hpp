// Whether operations are recorded.
#pragma once

namespace rg {

// How many modes of any kind are open anywhere in the process. While it is zero nothing else has to
// be asked, which makes the usual case one load.
extern int open_modes;
// How many of them are no_grad, for which the hook below must be asked.
extern int grad_modes;
// Asks for this thread and task; null in a core without Python.
extern bool (*recording_hook)();

// A walk that builds a graph records whatever the user's mode says.
extern thread_local bool force_recording;

// Rules run on tensors: what they compute does not warn, as a backward does not.
extern thread_local int in_rules;
struct InRules {
    InRules() { ++in_rules; }
    ~InRules() { --in_rules; }
    InRules(const InRules&) = delete;
    InRules& operator=(const InRules&) = delete;
};

inline bool recording() {
    return grad_modes == 0 || force_recording || !recording_hook || recording_hook();
}

}  // namespace rg
