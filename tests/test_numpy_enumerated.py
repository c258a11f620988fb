"""Every NumPy function and ufunc that asks a Tensor what to do: it does it right, or says no.

No object arrays of tensors, no gradient dropped, no keyword ignored; for all of NumPy's public
modules, found by enumeration. Values and gradients are judged by NumPy's own values.
"""

import inspect
import re

import numpy as np
import pytest

import retrograd as rg
import retrograd.functions  # enters the families
from idioms import ALL
from numpy_calls import CALLS, METHODS, PLAIN, VALUES
from numpy_check import examine, fresh, is_float, names_in, parts_of, run
from numpy_keywords import KEYWORDS, ONE_ANSWER, OWN, WITHOUT_EFFECT
from numpy_names import dispatched, unclassified
from retrograd import Tensor

FUNCTIONS = dispatched()
BASES = {name: text for name, text in (CALLS | PLAIN).items() if name in FUNCTIONS}
UFUNCS = sorted(name for name, f in FUNCTIONS.items() if isinstance(f, np.ufunc))


def verdict(text, said, leaves=None):
    """Return what is wrong with a text: nothing if it is right, or refused with the word `said`.

    With `out=` that may be what is refused. Where NumPy itself refuses, any error will do.
    """
    try:
        run(text, fresh(names_in(text)))
    except Exception:
        outcome = raises(text)
        return None if outcome else f"{text}: NumPy refuses, a Tensor does not"
    outcome = examine(text, leaves)
    if outcome.status == "refused" and type(outcome.error) is AttributeError:
        return f"{text}: {outcome.reason}"
    words = f"{said}|{text.partition('(')[0].split('.')[-1]}" if "out=" in text else said
    if outcome.status == "refused" and not re.search(rf"\b({words})\b", outcome.reason):
        return f"{text}: refused without the word {said}: {outcome.reason}"
    return f"{text}: {outcome.reason}" if outcome.status == "wrong" else None


def raises(text):
    names = names_in(text)
    values = fresh(names)
    tensors = {name: Tensor(v) for name, v in values.items() if is_float(v)}
    try:
        run(text, values | tensors)
    except Exception:
        return True
    return False


def last_word(name):
    own = FUNCTIONS[name].__name__
    return f"{own}|{ALSO[own]}" if own in ALSO else own


# What NumPy does not ask about itself goes on to a function that does.
ALSO = {"full_like": "copyto", "fill_diagonal": "setitem", "select": "asarray"}


def complaints(name, texts, said=None):
    """Return what is wrong with several texts, as one message."""
    found = (verdict(text, said or last_word(name)) for text in texts)
    return "\n".join(filter(None, found))


def test_every_name_is_classified():
    """A name that is new in NumPy belongs into a table: with a call, or with a reason."""
    assert unclassified() == set()


@pytest.mark.parametrize("name", sorted(BASES))
def test_tensors_in_every_place(name):
    """All floats are tensors, then each of them alone."""
    text = BASES[name]
    floats = [n for n in names_in(text) if is_float(VALUES[n])]
    wrong = [verdict(text, last_word(name), leaves) for leaves in (floats, *([n] for n in floats))]
    assert not any(wrong), "\n".join(filter(None, wrong))


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - BASES.keys()))
def test_what_has_no_call_is_refused_by_name(name):
    """Text, dates, bits and the like: a tensor for every argument that there must be."""
    f = FUNCTIONS[name]
    x = VALUES["A"]
    count = f.nin if isinstance(f, np.ufunc) else needed(f)
    assert count
    for places in (set(range(count)), *({i} for i in range(count))):
        with pytest.raises((TypeError, ValueError)) as error:
            f(*(Tensor(x) if i in places else x for i in range(count)))
        if isinstance(error.value, ValueError):
            pytest.fail(f"{name}: {error.value}")


def parameters_of(f):
    """Return NumPy's parameters by name; none before NumPy 2.4 for what is written in C."""
    try:
        return inspect.signature(f).parameters
    except ValueError:
        return {}


def needed(f):
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = parameters_of(f).values()
    return sum(p.default is p.empty and p.kind in plain for p in parameters) or 2


def keywords_of(name):
    """Return NumPy's own keywords of a function."""
    parameters = parameters_of(FUNCTIONS[name]).values()
    found = [p.name for p in parameters if p.default is not p.empty]
    if not parameters and isinstance(FUNCTIONS[name], np.ufunc):
        found = ["where", "casting", "order", "dtype", "subok", "signature"]
    given = re.findall(r"(\w+)=", BASES[name])
    return [keyword for keyword in found if keyword not in {"out", "like", *given}]


def texts_with(name, keyword):
    """Return the base call with each value of a keyword."""
    if (name, keyword) in OWN:
        return [f"np.{name}({OWN[name, keyword]})"]
    text = BASES[name]
    first = next((n for n in names_in(text) if n != "s" and is_float(VALUES[n])), "x")
    mask = f"np.array({(VALUES[first] > np.median(VALUES[first])).tolist()})"
    made = []
    for value in KEYWORDS[keyword]:
        value = value.replace("MASK", mask)
        if keyword == "where" and isinstance(FUNCTIONS[name], np.ufunc):
            value += f", out={first} * 0 + 0.5"
        made.append(f"{text[:-1]}, {keyword}={value})")
    return made


def plain_result(text):
    """Return NumPy's result as something to compare, None where NumPy refuses."""
    try:
        return [(np.asarray(x).dtype, np.asarray(x).tolist()) for x in
                parts_of(run(text, fresh(names_in(text))))]  # fmt: skip
    except Exception:
        return None


WITH_KEYWORDS = sorted(n for n in BASES if "out = " not in BASES[n])


@pytest.mark.parametrize("name", WITH_KEYWORDS)
def test_no_keyword_is_ignored(name):
    """NumPy's value with NumPy's gradient, or a TypeError that names the keyword.

    A function that is refused without keywords may name itself.
    """
    refused = examine(BASES[name]).status == "refused"
    texts = {keyword: texts_with(name, keyword) for keyword in keywords_of(name)}
    texts["colour"] = [f"{BASES[name][:-1]}, colour=3)"]
    wrong = [complaints(name, texts[k], last_word(name) if refused else k) for k in texts]
    assert not any(wrong), "\n".join(filter(None, wrong))


@pytest.mark.parametrize("name", WITH_KEYWORDS)
def test_the_keywords_tried_show_in_numpys_result(name):
    """Otherwise the test above would not see that one is ignored."""
    base = plain_result(BASES[name])
    for keyword in set(keywords_of(name)) - set(WITHOUT_EFFECT.split()):
        if (name, keyword) in ONE_ANSWER:
            continue
        results = [plain_result(text) for text in texts_with(name, keyword)]
        assert any(r is not None and r != base for r in results), keyword


@pytest.mark.parametrize("name", sorted(n for n in BASES if FUNCTIONS[n] in rg.ops.FUNCTIONS))
def test_parameters_stand_where_numpy_has_them(name):
    """What is given by position means what it means in NumPy; `out` is not among ours."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    theirs = parameters_of(FUNCTIONS[name]).values()
    ours = parameters_of(rg.ops.FUNCTIONS[FUNCTIONS[name]]).values()
    places = [p for p in theirs if p.kind in kinds]
    mine = [p for p in ours if p.kind in kinds]
    for a, b in zip(mine, places, strict=False):
        assert a.name == b.name or b.kind is b.POSITIONAL_ONLY
    defaults = {p.name: p.default for p in theirs if p.default not in (p.empty, np._NoValue)}
    differing = [p.name for p in ours if p.name in defaults and p.default != defaults[p.name]]
    assert differing == []


def in_lists(t):
    """Return the elements of a tensor in nested lists."""
    return [in_lists(row) for row in t] if t.ndim else t


def gradients(text, listed=None):
    """Return a text's value and gradients; the elements of one operand in lists, if asked."""
    names = names_in(text)
    tensors = {n: Tensor(v) for n, v in fresh(names).items() if is_float(v)}
    given = tensors if listed is None else tensors | {listed: in_lists(tensors[listed])}
    parts = [t for t in parts_of(run(text, fresh(names) | given)) if isinstance(t, Tensor)]
    for part in parts:
        if part.requires_grad:
            part.backward(np.linspace(0.5, 1.5, part.size).reshape(part.shape).astype(part.dtype))
    return [part.numpy() for part in parts] + [t.grad for t in tensors.values()]


@pytest.mark.parametrize("name", WITH_KEYWORDS)
def test_a_list_of_tensors_keeps_its_gradients(name):
    """Beside a Tensor a list of them is taken as it were one, or is refused."""
    texts = [t for k in keywords_of(name) if k in KEYWORDS for t in texts_with(name, k)]
    for text in (BASES[name], *texts):
        floats = [n for n in names_in(text) if is_float(VALUES[n])]
        for listed in floats if len(floats) > 1 else ():
            try:
                run(text, fresh(names_in(text)) | {listed: VALUES[listed].tolist()})
                want, got = gradients(text), gradients(text, listed)
            except Exception:  # NumPy itself refuses some lists
                continue
            assert len(got) == len(want), text
            for a, b in zip(got, want, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12, err_msg=text)


REDUCTIONS = (
    "reduce(D)", "reduce(D, None)", "reduce(D, axis=1)", "reduce(D, axis=(0, 1))",
    "reduce(D, keepdims=True)", "reduce(D, initial=2.5)", "reduce(D, dtype=np.float32)",
    "reduce(D, where=D > 0.5)", "reduce(D, where=D > 0.5, initial=1.5)", "accumulate(D)",
    "accumulate(D, axis=1)", "accumulate(D, dtype=np.float32)", "reduceat(p, [0, 2])",
    "reduceat(D, [0, 2], axis=1)", "reduceat(p, [2, 0, 1], dtype=np.float32)",
)  # fmt: skip
PAIRS = ("outer(D, d)", "outer(d, p)", "outer(d, p, dtype=np.float32)")
AT = ("[0, 0, 2], d", "[0, 0, 2], s", "1, 2.5")


@pytest.mark.parametrize("name", UFUNCS)
def test_methods_of_a_ufunc(name):
    texts = [f"np.{name}.{call}" for call in PAIRS]
    texts += [f"out = p.copy(); np.{name}.at(out, {arguments})" for arguments in AT]
    if FUNCTIONS[name].nin == 1:
        operand = "p + 1.0" if name == "arccosh" else "p * 0.4"
        texts.append(f"out = {operand}; np.{name}.at(out, [0, 2])")
    if not numpy_skips_elements(FUNCTIONS[name]):
        texts += [f"np.{name}.{call}" for call in REDUCTIONS]
    message = complaints(name, texts)
    assert not message, message


def numpy_skips_elements(f):
    """Whether NumPy's own loop does not fold from the left, as some do where numbers are few."""
    rows = VALUES["D"].T
    try:
        return not np.allclose(f.reduce(VALUES["D"], axis=1), f(f(rows[0], rows[1]), rows[2]))
    except (TypeError, ValueError, RuntimeError):
        return False


@pytest.mark.parametrize("name", UFUNCS)
def test_a_plain_target_loses_no_gradient(name):
    """`f.at` on an array cannot take a tensor's gradient along: refused, nothing is written."""
    f = FUNCTIONS[name]
    target = np.full(3, 0.5)
    if f.nin == 2 and f.nout == 1 and f.signature is None:
        with pytest.raises(TypeError):
            f.at(target, [0], Tensor(2.0))
    assert (target == 0.5).all()


HAVE_OUT = [n for n in WITH_KEYWORDS if n in UFUNCS or "out" in parameters_of(FUNCTIONS[n])]


@pytest.mark.parametrize("name", HAVE_OUT)
def test_out(name):
    """A Tensor given as `out=` is the result; an array would lose the gradient and is refused."""
    text = BASES[name][:-1] + ", out=target)"
    names = names_in(text)
    plain = fresh(names)
    want = run(BASES[name], fresh(names))
    target = (
        tuple(np.zeros_like(x) for x in want) if isinstance(want, tuple) else np.zeros_like(want)
    )
    tensors = {n: Tensor(v) for n, v in plain.items() if is_float(v)}
    if name in CALLS:
        with pytest.raises(TypeError, match=rf"\b{last_word(name)}\b|'out'"):
            run(text, plain | tensors, target=target)
        assert not any(np.any(part) for part in parts_of(target))
    if not isinstance(target, np.ndarray) or target.dtype.kind != "f":
        return
    held = Tensor(target, requires_grad=False)
    try:
        got = run(text, plain | tensors, target=held)
    except TypeError as error:
        assert re.search(rf"\b{last_word(name)}\b|'out'", str(error))  # noqa: PT017
        return
    assert got is held
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-9)
    assert got.requires_grad == run(BASES[name], plain | tensors).requires_grad


OBJECTS = {
    "np.array": lambda x: np.array([x, x], dtype=object),
    "np.array of rows": lambda x: np.array([x, None], dtype=object),
    "np.asarray": lambda x: np.asarray(x, dtype=object),
    "astype": lambda x: x.astype(object),
}


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_no_object_arrays_of_tensors(make):
    x = Tensor(2.0)
    try:
        got = make(x)
    except TypeError:
        return
    assert not any(isinstance(item, Tensor) for item in got.ravel())


@pytest.mark.parametrize("text", [*METHODS.values(), *ALL], ids=lambda text: text.strip())
def test_methods_and_idioms_are_right_or_refused(text):
    outcome = examine(text)
    assert outcome.status != "wrong", outcome.reason


# The judge judged: mistakes planted into functions that are right.
PLANTED = {
    "an ignored keyword": ("sum", lambda a, axis=None, **_: rg.ops.sum(a)),
    "a dropped gradient": ("sum", lambda a, **options: np.sum(a.detach().numpy(), **options)),
    "half of a gradient": ("sum", lambda a, **options: rg.ops.sum((a + a.detach()) / 2, **options)),
    "an object array": ("sum", lambda a, **_: np.array([None, a.item()], dtype=object)),
    "another value": ("sum", lambda a, **options: rg.ops.sum(a, **options) * (1 + 1e-7)),
    "another dtype": ("sum", lambda a, **options: rg.ops.sum(a, **options).astype(np.float32)),
    "an unnamed refusal": ("sum", lambda a, **_: (_ for _ in ()).throw(TypeError("no"))),
    "more results": ("sum", lambda a, **options: (rg.ops.sum(a, **options), a)),
}


@pytest.mark.parametrize(("name", "mistake"), PLANTED.values(), ids=PLANTED)
def test_a_planted_mistake_is_found(name, mistake, monkeypatch):
    assert verdict("np.sum(M, axis=0)", "sum") is None
    monkeypatch.setitem(rg.ops.FUNCTIONS, FUNCTIONS[name], mistake)
    assert verdict("np.sum(M, axis=0)", "sum")
