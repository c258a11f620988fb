// Rules written in Python: `out = Tensor(v, children, op); out._backward = f`, and those of
// `retrograd.custom`.
#pragma once

#include "bind/anchor.hpp"
#include "bind/handle.hpp"
#include "graph/run.hpp"

namespace rg {

// Gives `h` a node of its own with the children as inputs.
void attach_children(Handle* h, PyObject* children, PyObject* op);
void set_rule(Handle* h, PyObject* rule);

// Calls the rule: while it runs, `.grad` of the tensor and of its children is this walk's
// cotangent.
void run_notebook_rule(Run& run, Node& node, Anchor* a);
// The place where a running rule of this thread keeps `.grad` of this tensor, or null.
Ref* grad_in_rule(Handle* h);

// A result with a rule of its own: see custom_op.cpp.
extern PyMethodDef custom_functions[];

// What rules give is kept here while a walk that records runs: nodes hold no Python objects, and
// the anchors of the new ones must live until a gradient's tensor holds them.
class RuleResults {
public:
    RuleResults();
    ~RuleResults();
    RuleResults(const RuleResults&) = delete;
    RuleResults& operator=(const RuleResults&) = delete;
    static void keep(Ref result);

private:
    std::vector<Ref> kept_;
    RuleResults* outer_;
};

// The walk calls rules in Python from now on.
void install_rules();

}  // namespace rg
