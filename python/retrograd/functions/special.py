"""`scipy.special`: a row a ufunc, with the cotangent of each operand as the text that is run.

`g` is the cotangent of the result `y`, both tuples where a ufunc has several results; the operands
are `x`, or `a, b, c, d`. All names in a text are functions of NumPy or SciPy, which take tensors:
so every row holds to every order. Imported when the first of SciPy's ufuncs meets a Tensor.
"""

import math
import re
from typing import Any

import numpy as np
import scipy.special as sp

from .. import _core, special
from ..functional.nesting import needs_gradient
from ..ops import UFUNCS
from .primitive import Primitive
from .table import ENTRIES, Entry

_NUMPY = """
    abs cos cosh exp log maximum minimum sign sin sinc sinh sqrt where zeros_like
"""
_NAMES = {
    **{name: getattr(np, name) for name in _NUMPY.split()},
    **{name: f for name, f in vars(sp).items() if isinstance(f, np.ufunc)},
    **{"polygamma": special.polygamma, "zeta": sp.zeta, "pi": math.pi},
}


class _Special:
    """One ufunc on tensors."""

    def __init__(self, ufunc: np.ufunc, name: str, texts: tuple[str | None, ...]) -> None:
        self.__name__, self._texts, self._ufunc = name, texts, ufunc
        rules: list[Any] = [text and _rule(text, len(texts)) for text in texts]
        reads = any(re.search(r"\by\b", text or "") for text in texts)
        self._primitive = Primitive(name, ufunc, *rules, reads_result=reads)

    def __call__(self, *operands: Any) -> Any:
        for place, (x, text) in enumerate(zip(operands, self._texts, strict=True), 1):
            if text is None and _core.is_recording() and needs_gradient(x):
                raise TypeError(
                    f"scipy.special.{self.__name__}: no derivative with respect to operand {place} "
                    "is known; pass its value, t.numpy()"
                )
        return self._primitive(*(_spread(operands) if len(operands) > 1 else operands))


def _spread(operands: Any) -> Any:
    """The operands in one shape, but for numbers, which the ufunc takes as they are."""
    shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
    return [
        x if type(x) in (bool, int, float) or np.shape(x) == shape else np.broadcast_to(x, shape)
        for x in operands
    ]


def _rule(text: str, arity: int) -> Any:
    operands = "x" if arity == 1 else ", ".join("abcd"[:arity])
    return eval(f"lambda g, y, {operands}: {text}", _NAMES)


def _row(name: str, *texts: str | None, kink: str = "", ufunc: Any = None) -> None:
    ufunc = ufunc or getattr(sp, name)
    if not isinstance(ufunc, np.ufunc) or ufunc in UFUNCS:
        return
    carry = _Special(ufunc, name, texts)
    UFUNCS[ufunc] = carry
    ENTRIES[ufunc] = Entry(carry, "; ".join(text or "none" for text in texts), kink)


# Error functions and the normal distribution.
_row("erf", "g * exp(-x * x) * (2 / pi**0.5)")
_row("erfc", "-g * exp(-x * x) * (2 / pi**0.5)")
_row("erfi", "g * exp(x * x) * (2 / pi**0.5)")
_row("erfcx", "g * (2 * x * y - 2 / pi**0.5)")
_row("erfinv", "g * exp(y * y) * (pi**0.5 / 2)")
_row("erfcinv", "-g * exp(y * y) * (pi**0.5 / 2)")
_row("dawsn", "g * (1 - 2 * x * y)")
_row("ndtr", "g * exp(-x * x / 2) / (2 * pi) ** 0.5")
_row("log_ndtr", "g * (2 / pi) ** 0.5 / erfcx(-x / 2**0.5)")
_row("ndtri", "g * exp(y * y / 2) * (2 * pi) ** 0.5")
_row("ndtri_exp", "g * exp(x + y * y / 2) * (2 * pi) ** 0.5")
_row(
    "owens_t",
    "-g * exp(-a * a / 2) * erf(a * b / 2**0.5) / (8 * pi) ** 0.5",
    "g * exp(-a * a * (1 + b * b) / 2) / (1 + b * b) / (2 * pi)",
)
_row("fresnel", "g[0] * sin(x * x * (pi / 2)) + g[1] * cos(x * x * (pi / 2))")

# Logistic functions, entropies and losses.
_row("expit", "g * y * (1 - y)")
_row("logit", "g / (x * (1 - x))")
_row("log_expit", "g * expit(-x)")
_row("entr", "-g * (log(x) + 1)")
_row("rel_entr", "g * (log(a / b) + 1)", "-g * a / b")
_row("kl_div", "g * log(a / b)", "g * (1 - a / b)")
_row("xlogy", "g * log(b)", "g * where(a == 0, 0.0, a / b)", kink="a = b = 0: -inf, 0")
_row(
    "xlog1py", "g * log1p(b)", "g * where(a == 0, 0.0, a / (1 + b))", kink="a = 0, b = -1: -inf, 0"
)
_row("huber", "g * maximum(abs(b) - a, 0.0)", "g * maximum(minimum(b, a), -a)")
_row(
    "pseudo_huber",
    "g * (2 * y - b * b / sqrt(1 + (b / a) ** 2)) / a",
    "g * b / sqrt(1 + (b / a) ** 2)",
)

# Exponentials, powers and angles.
_row("expm1", "g * (y + 1)")
_row("log1p", "g / (1 + x)")
_row("exp2", f"g * y * {math.log(2)}")
_row("exp10", f"g * y * {math.log(10)}")
_row("cbrt", "g / (3 * y * y)")
_row("exprel", "g * hyp1f1(2.0, 3.0, x) / 2")
_row("cosm1", "-g * sin(x)")
_row("powm1", "g * b * a ** (b - 1)", "g * (y + 1) * log(a)")
_row("boxcox", "g * a ** (b - 1)", "g * log(a) ** 2 * hyp1f1(2.0, 3.0, b * log(a)) / 2")
_row("boxcox1p", "g * (1 + a) ** (b - 1)", "g * log1p(a) ** 2 * hyp1f1(2.0, 3.0, b * log1p(a)) / 2")
_row(
    "inv_boxcox",
    "g * y ** (1 - b)",
    "-g * log(y) ** 2 * hyp1f1(2.0, 3.0, b * log(y)) / 2 * y ** (1 - b)",
)
_row(
    "inv_boxcox1p",
    "g * (1 + y) ** (1 - b)",
    "-g * log1p(y) ** 2 * hyp1f1(2.0, 3.0, b * log1p(y)) / 2 * (1 + y) ** (1 - b)",
)
_row("sindg", "g * cosdg(x) * (pi / 180)")
_row("cosdg", "-g * sindg(x) * (pi / 180)")
_row("tandg", "g * (1 + y * y) * (pi / 180)")
_row("cotdg", "-g * (1 + y * y) * (pi / 180)")
_row("round", "zeros_like(x)", kink="zero everywhere")
_row("wrightomega", "g * y / (1 + y)")

# Gamma and beta functions, with the distributions that are their integrals.
_row("gammaln", "g * digamma(x)")
_row("loggamma", "g * digamma(x)")
_row("gamma", "g * y * digamma(x)")
_row("rgamma", "-g * y * digamma(x)")
_row("gammasgn", "zeros_like(x)", kink="zero everywhere")
_row("digamma", "g * polygamma(1, x)")
_row("psi", "g * polygamma(1, x)")
_row("zeta", None, "-g * a * zeta(a + 1, b)", ufunc=getattr(sp._ufuncs, "_zeta", None))
_row("beta", "g * y * (digamma(a) - digamma(a + b))", "g * y * (digamma(b) - digamma(a + b))")
_row("betaln", "g * (digamma(a) - digamma(a + b))", "g * (digamma(b) - digamma(a + b))")
_row("poch", "g * y * (digamma(a + b) - digamma(a))", "g * y * digamma(a + b)")
_row(
    "binom",
    "g * y * (digamma(a + 1) - digamma(a - b + 1))",
    "g * y * (digamma(a - b + 1) - digamma(b + 1))",
)
_row("gammainc", None, "g * exp(xlogy(a - 1, b) - b - gammaln(a))")
_row("gammaincc", None, "-g * exp(xlogy(a - 1, b) - b - gammaln(a))")
_row("gammaincinv", None, "g * exp(y + gammaln(a) - xlogy(a - 1, y))")
_row("gammainccinv", None, "-g * exp(y + gammaln(a) - xlogy(a - 1, y))")
_row("chdtr", None, "g * exp(xlogy(a / 2 - 1, b / 2) - b / 2 - gammaln(a / 2)) / 2")
_row("chdtrc", None, "-g * exp(xlogy(a / 2 - 1, b / 2) - b / 2 - gammaln(a / 2)) / 2")
_row("betainc", None, None, "g * exp(xlogy(a - 1, c) + xlog1py(b - 1, -c) - betaln(a, b))")
_row("betaincc", None, None, "-g * exp(xlogy(a - 1, c) + xlog1py(b - 1, -c) - betaln(a, b))")
_row("betaincinv", None, None, "g * exp(betaln(a, b) - xlogy(a - 1, y) - xlog1py(b - 1, -y))")
_row("betainccinv", None, None, "-g * exp(betaln(a, b) - xlogy(a - 1, y) - xlog1py(b - 1, -y))")
_row("stdtr", None, "g * exp(-betaln(a / 2, 0.5) - (a + 1) / 2 * log1p(b * b / a)) / sqrt(a)")
_row("stdtrit", None, "g * exp(betaln(a / 2, 0.5) + (a + 1) / 2 * log1p(y * y / a)) * sqrt(a)")

# Bessel, Airy and Struve functions; none has a derivative by its order.
_row("j0", "-g * j1(x)")
_row("j1", "g * (j0(x) - jv(2.0, x)) / 2")
_row("y0", "-g * y1(x)")
_row("y1", "g * (y0(x) - yv(2.0, x)) / 2")
_row("i0", "g * i1(x)")
_row("i1", "g * (i0(x) + iv(2.0, x)) / 2")
_row("k0", "-g * k1(x)")
_row("k1", "-g * (k0(x) + kv(2.0, x)) / 2")
_row("i0e", "g * (i1e(x) - sign(x) * y)")
_row("i1e", "g * ((i0e(x) + ive(2.0, x)) / 2 - sign(x) * y)")
_row("k0e", "g * (y - k1e(x))")
_row("k1e", "g * (y - (k0e(x) + kve(2.0, x)) / 2)")
_row("jv", None, "g * (jv(a - 1, b) - jv(a + 1, b)) / 2")
_row("jn", None, "g * (jv(a - 1, b) - jv(a + 1, b)) / 2")
_row("yv", None, "g * (yv(a - 1, b) - yv(a + 1, b)) / 2")
_row("yn", None, "g * (yv(a - 1, b) - yv(a + 1, b)) / 2")
_row("iv", None, "g * (iv(a - 1, b) + iv(a + 1, b)) / 2")
_row("kv", None, "-g * (kv(a - 1, b) + kv(a + 1, b)) / 2")
_row("kn", None, "-g * (kv(a - 1, b) + kv(a + 1, b)) / 2")
_row("ive", None, "g * ((ive(a - 1, b) + ive(a + 1, b)) / 2 - sign(b) * y)")
_row("kve", None, "g * (y - (kve(a - 1, b) + kve(a + 1, b)) / 2)")
_row("airy", "g[0] * y[1] + g[1] * x * y[0] + g[2] * y[3] + g[3] * x * y[2]")
_row("struve", None, "g * (struve(a - 1, b) - a * y / b)")
_row("modstruve", None, "g * (modstruve(a - 1, b) - a * y / b)")

# Exponential, elliptic and hypergeometric integrals.
_row("exp1", "-g * exp(-x) / x")
_row("expi", "g * exp(x) / x")
_row("expn", None, "-g * (exp(-b) - (a - 1) * y) / b")
_row("sici", "g[0] * sinc(x / pi) + g[1] * cos(x) / x")
_row("shichi", "(g[0] * sinh(x) + g[1] * cosh(x)) / x")
_row("spence", "-g / exprel(log(x))")
_row("ellipk", "g * hyp2f1(1.5, 1.5, 2.0, x) * (pi / 8)")
_row("ellipkm1", "-g * hyp2f1(0.5, 0.5, 2.0, 1 - x) / x * (pi / 8)")
_row("ellipe", "-g * hyp2f1(0.5, 1.5, 2.0, x) * (pi / 8)")
_row("ellipkinc", "g / sqrt(1 - b * sin(a) ** 2)", None)
_row("ellipeinc", "g * sqrt(1 - b * sin(a) ** 2)", None)
_row(
    "ellipj",
    "g[0] * y[1] * y[2] - g[1] * y[0] * y[2] - g[2] * b * y[0] * y[1] + g[3] * y[2]",
    None,
)
_row("hyp0f1", None, "g * hyp0f1(a + 1, b) / a")
_row("hyp1f1", None, None, "g * hyp1f1(a + 1, b + 1, c) * a / b")
_row("hyp2f1", None, None, None, "g * hyp2f1(a + 1, b + 1, c + 1, d) * a * b / c")
_row("hyperu", None, None, "-g * hyperu(a + 1, b + 1, c) * a")

# Orthogonal polynomials, in their argument.
_row("eval_chebyt", None, "g * eval_chebyu(a - 1, b) * a")
_row("eval_chebyu", None, "g * eval_gegenbauer(a - 1, 2.0, b) * 2")
_row("eval_legendre", None, "g * eval_gegenbauer(a - 1, 1.5, b)")
_row("eval_gegenbauer", None, None, "g * eval_gegenbauer(a - 1, b + 1, c) * 2 * b")
_row(
    "eval_jacobi", None, None, None, "g * eval_jacobi(a - 1, b + 1, c + 1, d) * (a + b + c + 1) / 2"
)
_row("eval_laguerre", None, "-g * eval_genlaguerre(a - 1, 1.0, b)")
_row("eval_genlaguerre", None, None, "-g * eval_genlaguerre(a - 1, b + 1, c)")
_row("eval_hermite", None, "g * eval_hermite(a - 1, b) * 2 * a")
_row("eval_hermitenorm", None, "g * eval_hermitenorm(a - 1, b) * a")
