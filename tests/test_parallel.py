"""How many threads large loops run on, and what each of them has of its own."""

import os
import subprocess
import sys
import textwrap
import threading
import warnings

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

COUNTS = pytest.mark.parametrize("count", [2, 3, 4])
LARGE = 200_003

pytestmark = pytest.mark.usefixtures("threads_as_before")


def program(code, *, returncode=0, **environment):
    """Run a program in a process of its own; return what it prints."""
    head = "import os, numpy as np, retrograd as rg\nfrom retrograd import Tensor\n"
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", head + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=kept | environment,
    )
    assert done.returncode == returncode, done.stderr
    return done.stdout.strip()


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def random(*shape, seed=0, dtype=float):
    return np.random.default_rng(seed).uniform(0.1, 2.0, shape).astype(dtype)


# The number ------------------------------------------------------------------------------------


def test_the_number_is_what_was_set():
    for n in (1, 3, np.int64(2)):
        assert rg.set_num_threads(n) is None
        assert rg.get_num_threads() == n


@pytest.mark.parametrize("n", [0, -1, 1025, 2**70])
def test_a_number_out_of_range(n):
    with pytest.raises(ValueError, match=r"^set_num_threads: n must be from 1 to 1024, got "):
        rg.set_num_threads(n)


@pytest.mark.parametrize("n", [2.0, "2", None])
def test_no_number(n):
    with pytest.raises(TypeError, match=r"^set_num_threads: n must be an int, got \w+$"):
        rg.set_num_threads(n)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("3", 3), ("2,1", 2)])
def test_the_environment_says_how_many(text, count):
    # NumPy's BLAS reads the same variable; it may have fewer where the machine has.
    found = int(program("print(rg.get_num_threads())", OMP_NUM_THREADS=text))
    assert found == min(count, int(blas_threads(OMP_NUM_THREADS=text)))


@pytest.mark.parametrize("text", ["", "none", "0"])
def test_an_environment_without_a_number_means_the_processors(text):
    cores = len(os.sched_getaffinity(0))
    found = int(program("print(rg.get_num_threads())", OMP_NUM_THREADS=text))
    assert found == min(cores, int(blas_threads(OMP_NUM_THREADS=text)))


def blas_threads(**environment):
    return program(
        "from threadpoolctl import threadpool_info\n"
        "print(max(i['num_threads'] for i in threadpool_info() if i['user_api'] == 'blas'))",
        **environment,
    )


def test_threadpoolctl_limits_the_team_as_well():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    rg.set_num_threads(3)
    with threadpoolctl.threadpool_limits(2):
        before = rg.get_num_threads()
        with threadpoolctl.threadpool_limits(1):
            assert rg.get_num_threads() == 1
            rg.set_num_threads(4)  # said inside, it holds
            assert rg.get_num_threads() == 4
            rg.set_num_threads(3)
        assert before == rg.get_num_threads()
    assert rg.get_num_threads() == 3


def test_a_limit_from_before_the_import_holds():
    code = """
    import threadpoolctl
    threadpoolctl.threadpool_limits(1)
    import retrograd as rg
    print(rg.get_num_threads())
    """
    done = subprocess.run(
        [sys.executable, "-c", "import numpy\n" + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "1"


THREADS = """
    def alive():
        return len(os.listdir("/proc/self/task"))

    x = Tensor(np.ones(1_000_000))
    before = alive()
"""
linux = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")


@linux
def test_threads_grow_to_the_number_and_no_further():
    code = """
    for n in (1, 2, 4, 3, 4):
        rg.set_num_threads(n)
        for _ in range(5):
            (x * x).sum().backward()
        print(alive() - before, end=" ")
    """
    assert program(THREADS + code) == "0 1 3 3 3"


@linux
def test_small_arrays_start_no_thread():
    code = """
    rg.set_num_threads(4)
    y = Tensor(np.ones(10_000))
    (y * y + y).sum().backward()
    print(alive() - before)
    """
    assert program(THREADS + code) == "0"


@linux
@pytest.mark.parametrize(
    ("dtype", "shape", "started"),
    [("f8", (60, 60, 60), 3), ("f8", (70, 70, 70), 0), ("f4", (70, 70, 70), 0),
     ("c16", (30, 30, 30), 3), ("c16", (40, 40, 40), 0), ("c8", (40, 40, 40), 0),
     ("f8", (1, 60, 60), 3), ("f8", (1, 100, 100), 0)],
)  # fmt: skip
def test_products_that_blas_may_share_out_are_left_to_it(dtype, shape, started):
    """OpenBLAS starts its threads when it is loaded, so that those counted here are the team's."""
    m, k, p = shape
    code = f"""
    rg.set_num_threads(4)
    a, b = np.ones((100, {m}, {k}), "{dtype}"), np.ones((100, {k}, {p}), "{dtype}")
    before = alive()
    rg.matmul(a, b)
    print(alive() - before)
    """
    assert program(THREADS + code) == str(started)


@linux
def test_several_callers_do_not_multiply_threads():
    code = """
    import threading, time
    rg.set_num_threads(3)
    def work():
        y = Tensor(np.ones(1_000_000))
        for _ in range(5):
            (y * y).sum().backward()
    callers = [threading.Thread(target=work) for _ in range(4)]
    for caller in callers: caller.start()
    for caller in callers: caller.join()
    ends = time.monotonic() + 10  # a joined thread may not have left the system's list
    while alive() - before > 2 and time.monotonic() < ends: time.sleep(0.01)
    print(alive() - before)
    """
    assert program(THREADS + code) == "2"


# What a thread has of its own --------------------------------------------------------------------


@COUNTS
@pytest.mark.parametrize("where", [0, LARGE // 2 + 5, LARGE - 1])
def test_warnings_come_from_every_part(where, count):
    rg.set_num_threads(count)
    a = np.ones(LARGE)
    a[where] = -1
    with pytest.warns(RuntimeWarning, match="^invalid value encountered in log$"):
        np.log(Tensor(a))
    a[where] = 0
    with pytest.warns(RuntimeWarning, match="^divide by zero encountered in divide$"):
        1 / Tensor(a)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        1 / Tensor(a)
    a[where] = 1e308
    with pytest.warns(RuntimeWarning, match="^overflow encountered in reduce$"):
        Tensor(np.where(a == 1, 1.7e308, a)).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.log(Tensor(np.ones(LARGE)))


AFTER_A_REGION = """
    import multiprocessing, sys
    rg.set_num_threads(3)
    a = np.arange(1_000_000.0)

    def work():
        x = Tensor(a)
        (x * x).sum().backward()
        return bool((x.grad == 2 * a).all())

    assert work()
"""


def test_a_forked_child_works_on():
    code = """
    child = os.fork()
    if not child:
        import signal
        signal.alarm(60)
        ok = work()
        os._exit(0 if ok and len(os.listdir("/proc/self/task")) == 3 else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), work())
    """
    assert program(AFTER_A_REGION + code) == "0 True"


def test_a_pool_of_forked_processes():
    code = """
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print([pool.apply_async(work).get(60) for _ in range(4)])
    """
    assert program(AFTER_A_REGION + code) == "[True, True, True, True]"


def test_a_fork_while_another_thread_is_in_a_region():
    code = """
    import signal, threading, time
    stop = False

    def busy():
        while not stop:
            work()

    other = threading.Thread(target=busy)
    other.start()
    codes = []
    for _ in range(20):
        time.sleep(0.003)
        child = os.fork()
        if not child:
            signal.alarm(60)
            x = np.add(Tensor(a), a)
            os._exit(0 if (x.data == 2 * a).all() else 1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop = True
    other.join()
    print(set(codes))
    """
    assert program(AFTER_A_REGION + code) == "{0}"


def test_ctrl_c_ends_a_threaded_walk_and_leaves_the_gradients():
    code = """
    import signal, threading, time
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rg.set_num_threads(3)
    x = Tensor(np.full(300_000, 0.5))
    y = x
    for _ in range(600):
        y = np.tanh(y) + x
    pressed = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    pressed.start()
    try:
        while True:
            y.backward()
            x.zero_grad()
    except KeyboardInterrupt:
        pass
    before = x.grad.copy()
    y.backward()
    again = x.grad - before
    x.zero_grad()
    y.backward()
    print(bool(np.allclose(again, x.grad)), bool((x.grad >= 1).all()))
    """
    assert program(code) == "True True"


def test_signals_are_for_the_threads_of_python():
    """A member of the team has them blocked, so that the main thread's waiting is cut short."""
    code = """
    import signal
    rg.set_num_threads(3)
    def blocked():
        found = []
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/status") as status:
                mask = next(int(l.split()[1], 16) for l in status if l.startswith("SigBlk"))
            found.append(mask >> (signal.SIGINT - 1) & 1)
        return sum(found)
    before = blocked()
    np.add(Tensor(np.ones(1_000_000)), 1)
    print(blocked() - before)
    """
    assert program(code) == "2"


def test_threads_that_compute_at_the_same_time():
    rg.set_num_threads(3)
    a = random(LARGE)
    wanted, wrong = np.exp(a) * a, []

    def work():
        for _ in range(20):
            x = Tensor(a)
            y = np.exp(x) * x
            y.sum().backward()
            if not same_bits(y.data, wanted) or not same_bits(x.grad, np.exp(a) * a + np.exp(a)):
                wrong.append(1)

    callers = [threading.Thread(target=work) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def test_a_profile_adds_up_with_threads():
    """The time of a row is that of the caller, whoever did the work."""
    rg.set_num_threads(3)
    x = Tensor(random(1_000_000))
    with rg.profile() as prof:
        (np.exp(x) * x).sum().backward()
    rows = prof.recording.rows
    assert {"exp", "mul", "sum"} <= {row.op for row in rows}
    parts = sum(row.costs.backward_ns for row in rows)
    assert abs(parts - prof.recording.backward_wall_ns) <= len(rows) + 1
