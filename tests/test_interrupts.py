"""Contract §4 and §5: what comes in the middle of a walk, a Ctrl-C or another backward."""

import subprocess
import sys
import textwrap

import pytest

HANG = 60.0  # seconds after which something that should have ended counts as a deadlock


def in_a_process(code):
    """Run a program of its own; what it prints. A hang is ended by the time limit."""
    program = "import retrograd as rg\nfrom retrograd import Tensor\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


# A backward inside a backward -------------------------------------------------------------------

RULE = """
    def custom(x, rule):
        out = Tensor(x.data * 2, (x,), "custom")
        out._backward = lambda: rule(out)
        return out
"""


def test_a_rule_may_run_a_backward_on_a_graph_of_its_own():
    out = in_a_process(
        RULE
        + """
    def rule(out):
        leaf = Tensor(x.data)
        (leaf * leaf).backward(out.grad)  # d(x²): 2x
        x.grad += leaf.grad

    for data in (3.0, [1.0, 3.0]):
        x = Tensor(data)
        root = custom(x, rule) * 5 + x
        root.backward()
        root.backward()
        print(x.grad.tolist())
    """
    )
    assert out.splitlines() == ["62.0", "[22.0, 62.0]"]


@pytest.mark.parametrize("which", ["root", "out", "x * 1 + out"])
def test_a_rule_that_walks_its_own_graph_is_an_error_not_a_deadlock(which):
    out = in_a_process(
        RULE
        + f"""
    def rule(out):
        if nested:
            ({which}).backward()
        x.grad += 2 * out.grad

    x = Tensor([1.0, 3.0])
    y = x * x
    root = custom(y, lambda out: [rule(out), y.__setattr__("grad", y.grad + 2 * out.grad)]) * 5
    nested = True
    try:
        root.backward()
    except rg.GraphError as error:
        print(len(str(error).splitlines()), x.grad.tolist())
    """
    )
    assert out == "1 [0.0, 0.0]\n"


# Ctrl-C -----------------------------------------------------------------------------------------

INTERRUPT = """
    import os, signal, sys, threading, time
    import numpy as np

    def interrupted(root, leaf):
        '''Ctrl-C in the middle of root.backward(); the gradient before and after stays the old.'''
        start = time.perf_counter()
        root.backward()
        length = time.perf_counter() - start
        want, old = leaf.grad, 0 * leaf.grad - 1
        for fraction in (0.3, 0.2, 0.4, 0.1, 0.5):
            leaf.grad = old
            timer = threading.Timer(length * fraction, os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                root.backward()
                timer.join()
                time.sleep(0.05)
            except KeyboardInterrupt:
                timer.join()
                if np.array_equal(leaf.grad, old):
                    break
                # It came after the commit: then the gradient must be all-new.
                assert np.array_equal(leaf.grad, want - 1)
        else:
            sys.exit("no interrupt was answered in the middle of a backward")
        leaf.grad = 0
        root.backward()
        assert np.array_equal(leaf.grad, want)
        print("right")
"""


@pytest.mark.parametrize(
    "build",
    [
        "x = Tensor(np.full(10**6, 0.5)); y = x\nfor _ in range(60): y = y + rg.sin(x)",
        "x = Tensor(np.full(10, 0.5)); y = x\nfor _ in range(300_000): y = y + x",
        "x = y = Tensor(1.0)\nfor _ in range(2_000_000): y = y + x",
        "x = Tensor(np.full((700, 700), 2.0**-10)); y = x\nfor _ in range(20): y = y @ x",
    ],
    ids=["large arrays", "small arrays", "scalars", "matmul"],
)
def test_ctrl_c_is_answered_and_the_same_backward_is_then_right(build):
    code = textwrap.dedent(INTERRUPT) + build + "\ninterrupted(y, x)\n"
    assert in_a_process(code) == "right\n"
