"""Contract §4 and §5: what comes in the middle of a walk, a Ctrl-C or another backward."""

import subprocess
import sys
import textwrap

import pytest

HANG = 60.0  # seconds after which something that should have ended counts as a deadlock


def in_a_process(code):
    """Run a program of its own; what it prints. A hang is ended by the time limit."""
    # A shell's background job has Ctrl-C ignored, and so would the process.
    head = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    head += "import retrograd as rg\nfrom retrograd import Tensor\n"
    program = head + textwrap.dedent(code)
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


def test_rules_that_walk_each_others_graphs_do_not_deadlock():
    out = in_a_process(
        """
    import threading, os

    leaves, first, gate = [Tensor(2.0), Tensor(3.0)], [True, True], threading.Barrier(2)

    def root(k):
        out = Tensor(leaves[k].data, (leaves[k],), "custom")

        def rule():
            leaves[k].grad += out.grad
            if first[k]:
                first[k] = False
                gate.wait(30)  # now both graphs are being walked
                roots[1 - k].backward()

        out._backward = rule
        return out * 1

    def work(k):
        try:
            roots[k].backward()
        except rg.GraphError as error:
            assert len(str(error).splitlines()) == 1

    roots = [root(0), root(1)]
    threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in (0, 1)]
    [thread.start() for thread in threads]
    [thread.join(10) for thread in threads]
    print([thread.is_alive() for thread in threads], flush=True)
    os._exit(0)
    """
    )
    assert out == "[False, False]\n"


# Ctrl-C -----------------------------------------------------------------------------------------

INTERRUPT = """
    import itertools, os, signal, sys, threading, time
    import numpy as np

    def interrupted(root, leaf):
        '''Ctrl-C in the middle of root.backward(); the gradient before and after stays the old.'''
        begin = start = time.perf_counter()
        root.backward()
        length = time.perf_counter() - start
        want, old = leaf.grad, 0 * leaf.grad - 1
        # On a busy machine the timer may come too early or too late: then once more.
        for fraction in itertools.cycle((0.3, 0.2, 0.4, 0.1, 0.5)):
            if time.perf_counter() - begin > 30:
                sys.exit("no interrupt was answered in the middle of a backward")
            leaf.grad, walking = old, False
            timer = threading.Timer(length * fraction, os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                start, walking = time.perf_counter(), True
                root.backward()
                length = min(length, time.perf_counter() - start)
                timer.join()
                time.sleep(0.05)
            except KeyboardInterrupt:
                timer.join()
                if np.array_equal(leaf.grad, old):
                    if walking:
                        break
                    continue
                # It came after the commit: then the gradient must be all-new.
                assert np.array_equal(leaf.grad, want - 1)
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


@pytest.mark.parametrize("wait", ["y.backward()", "x.grad", "y.grad"])
def test_ctrl_c_is_answered_while_waiting_for_another_thread(wait):
    out = in_a_process(
        f"""
    import os, signal, threading, time
    import numpy as np

    x = y = Tensor(np.full(10**6, 0.5))
    for _ in range(60):
        y = y + rg.sin(x)
    start = time.perf_counter()
    y.backward()
    length = time.perf_counter() - start
    try:
        thread = threading.Thread(target=y.backward)
        thread.start()
        time.sleep(length / 10)
        threading.Timer(length / 10, os.kill, (os.getpid(), signal.SIGINT)).start()
        {wait}  # waits for the thread, or not
        for _ in range(300):
            time.sleep(0.1)
    except KeyboardInterrupt:
        print("worker at work:", thread.is_alive())
        thread.join()
    """
    )
    assert out.startswith("worker at work: True\n")
