"""`scipy.special`: every row of `retrograd.functions.special`, by differences."""

import numpy as np
import scipy.special as sp

from op_rows import cases_of
from retrograd.special import (
    factorial,
    log_softmax,
    logsumexp,
    multigammaln,
    polygamma,
    softmax,
)


def each(f, *domains, **fixed):
    """One matrix of each operand; `fixed` calls have constants in some places."""
    calls = fixed or {"plain": (f, *((2, 3),) * len(domains))}
    return cases_of(f, *domains, real=True, ulp=0, **calls)


def at(f, *constants, domain, **more):
    """A ufunc with constants before its last operand, which alone has a derivative."""
    return each(f, domain, plain=(lambda x: f(*constants, x), (2, 3)), **more)


def signed(x, y):
    """`logsumexp` with factors, and the sign of the sum."""
    out, sign = logsumexp(x, b=y, axis=1, return_sign=True)
    return out * sign


SMALL, ANY, POSITIVE, UNIT = (-1.5, 1.5), (-3.0, 3.0), (0.5, 3.0), (0.1, 0.9)

CASES = (
    *each(sp.erf, SMALL),
    *each(sp.erfc, SMALL),
    *each(sp.erfi, SMALL),
    *each(sp.erfcx, SMALL),
    *each(sp.erfinv, (-0.8, 0.8)),
    *each(sp.erfcinv, (0.2, 1.8)),
    *each(sp.dawsn, ANY),
    *each(sp.ndtr, ANY),
    *each(sp.log_ndtr, (-6.0, 2.0)),
    *each(sp.ndtri, UNIT),
    *each(sp.ndtri_exp, (-2.0, -0.2)),
    *each(sp.owens_t, SMALL, SMALL),
    *each(sp.fresnel, SMALL, first=(lambda x: sp.fresnel(x)[0], (2, 3)),
          both=(lambda x: sp.fresnel(x)[0] * sp.fresnel(x)[1], (3,))),
    *each(sp.expit, ANY),
    *each(sp.logit, UNIT),
    *each(sp.log_expit, ANY),
    *each(sp.entr, POSITIVE),
    *each(sp.rel_entr, POSITIVE, POSITIVE),
    *each(sp.kl_div, POSITIVE, POSITIVE),
    *each(sp.xlogy, ANY, POSITIVE),
    *each(sp.xlog1py, ANY, POSITIVE),
    *each(sp.huber, (0.5, 1.0), (1.2, 3.0), outside=(sp.huber, (2, 1), (2, 3))),
    *each(sp.huber, (1.5, 2.0), (-1.2, 1.2), inside=(sp.huber, (2, 1), (2, 3))),
    *each(sp.pseudo_huber, POSITIVE, ANY),
    *each(sp.expm1, ANY),
    *each(sp.log1p, POSITIVE),
    *each(sp.exp2, ANY),
    *each(sp.exp10, SMALL),
    *each(sp.cbrt, POSITIVE),
    *each(sp.exprel, ANY),
    *each(sp.cosm1, ANY),
    *each(sp.powm1, POSITIVE, SMALL),
    *each(sp.boxcox, POSITIVE, SMALL),
    *each(sp.boxcox1p, POSITIVE, SMALL),
    *each(sp.inv_boxcox, POSITIVE, POSITIVE),
    *each(sp.inv_boxcox1p, POSITIVE, POSITIVE),
    *each(sp.sindg, (-80.0, 80.0)),
    *each(sp.cosdg, (-80.0, 80.0)),
    *each(sp.tandg, (-50.0, 50.0)),
    *each(sp.cotdg, (30.0, 80.0)),
    *each(sp.wrightomega, ANY),
    *each(sp.gammaln, POSITIVE),
    *each(sp.loggamma, POSITIVE),
    *each(sp.gamma, POSITIVE),
    *each(sp.rgamma, POSITIVE),
    *each(sp.digamma, (1.0, 3.0)),
    *at(sp.zeta, 2.5, domain=(1.0, 3.0)),
    *each(sp.beta, POSITIVE, POSITIVE),
    *each(sp.betaln, POSITIVE, POSITIVE),
    *each(sp.poch, POSITIVE, POSITIVE),
    *each(sp.binom, (3.0, 5.0), (0.5, 2.5)),
    *at(sp.gammainc, 1.7, domain=POSITIVE),
    *at(sp.gammaincc, 1.7, domain=POSITIVE),
    *at(sp.gammaincinv, 1.7, domain=(0.3, 0.8)),
    *at(sp.gammainccinv, 1.7, domain=UNIT),
    *at(sp.chdtr, 3.0, domain=POSITIVE),
    *at(sp.chdtrc, 3.0, domain=POSITIVE),
    *at(sp.betainc, 1.7, 2.2, domain=UNIT),
    *at(sp.betaincc, 1.7, 2.2, domain=UNIT),
    *at(sp.betaincinv, 1.7, 2.2, domain=UNIT),
    *at(sp.betainccinv, 1.7, 2.2, domain=UNIT),
    *at(sp.stdtr, 4.0, domain=ANY),
    *at(sp.stdtrit, 4.0, domain=UNIT),
    *(case for f in (sp.j0, sp.j1, sp.i0, sp.i1, sp.i0e, sp.i1e) for case in each(f, POSITIVE)),
    *(case for f in (sp.y0, sp.y1, sp.k0, sp.k1, sp.k0e, sp.k1e) for case in each(f, (1.0, 4.0))),
    *(case for f in (sp.jv, sp.yv, sp.iv, sp.ive, sp.kv, sp.kve)
      for case in at(f, 1.5, domain=(1.0, 4.0))),
    *(case for f in (sp.yn, sp.kn) for case in at(f, 2, domain=(1.0, 4.0))),
    *each(sp.airy, SMALL, first=(lambda x: sp.airy(x)[0], (2, 3)),
          all=(lambda x: sp.airy(x)[1] * sp.airy(x)[3] + sp.airy(x)[2], (3,))),
    *at(sp.struve, 1.5, domain=(1.0, 3.0)),
    *at(sp.modstruve, 1.5, domain=(1.0, 3.0)),
    *each(sp.exp1, POSITIVE),
    *each(sp.expi, POSITIVE),
    *at(sp.expn, 3, domain=POSITIVE),
    *each(sp.sici, POSITIVE, both=(lambda x: sp.sici(x)[0] * sp.sici(x)[1], (2, 3))),
    *each(sp.shichi, POSITIVE, both=(lambda x: sp.shichi(x)[0] * sp.shichi(x)[1], (2, 3))),
    *each(sp.spence, POSITIVE),
    *each(sp.ellipk, UNIT),
    *each(sp.ellipkm1, UNIT),
    *each(sp.ellipe, UNIT),
    *each(sp.ellipkinc, SMALL, plain=(lambda x: sp.ellipkinc(x, 0.4), (2, 3))),
    *each(sp.ellipeinc, SMALL, plain=(lambda x: sp.ellipeinc(x, 0.4), (2, 3))),
    *each(sp.ellipj, SMALL, all=(lambda x: sp.ellipj(x, 0.4)[0] * sp.ellipj(x, 0.4)[1]
                                 + sp.ellipj(x, 0.4)[2] * sp.ellipj(x, 0.4)[3], (2, 3))),
    *at(sp.hyp0f1, 1.5, domain=ANY),
    *at(sp.hyp1f1, 1.5, 2.5, domain=ANY),
    *at(sp.hyp2f1, 0.5, 1.5, 2.5, domain=(-0.8, 0.8)),
    *at(sp.hyperu, 1.5, 2.5, domain=POSITIVE),
    *(case for f in (sp.eval_chebyt, sp.eval_chebyu, sp.eval_legendre, sp.eval_laguerre)
      for case in at(f, 3, domain=(-0.9, 0.9))),
    *at(sp.eval_hermite, 4, domain=SMALL),
    *at(sp.eval_hermitenorm, 4, domain=SMALL),
    *at(sp.eval_gegenbauer, 3, 0.7, domain=(-0.9, 0.9)),
    *at(sp.eval_genlaguerre, 3, 0.7, domain=(-0.9, 0.9)),
    *each(logsumexp, ANY, all=(logsumexp, (2, 3)),
          axis=(lambda x: logsumexp(x, axis=0, keepdims=True), (2, 3))),
    *each(logsumexp, (-1.0, 1.0), (1.0, 2.0),
          factors=(lambda x, y: logsumexp(x, 1, y), (2, 3), (3,)),
          signed=(signed, (2, 3), (2, 3)), negative=(lambda x, y: signed(x, -y), (2, 3), (2, 3))),
    *each(softmax, ANY, all=(softmax, (2, 3)), axis=(lambda x: softmax(x, axis=1), (2, 3))),
    *each(log_softmax, ANY, all=(log_softmax, (2, 3)), axis=(lambda x: log_softmax(x, 1), (2, 3))),
    *each(polygamma, (1.0, 3.0), first=(lambda x: polygamma(1, x), (2, 3)),
          third=(lambda x: polygamma(3, x), (2, 3)), zeroth=(lambda x: polygamma(0, x), (3,)),
          each=(lambda x: polygamma(np.array([0, 1, 2]), x), (2, 3))),
    *each(multigammaln, (2.0, 3.0), plain=(lambda x: multigammaln(x, 3), (2, 3))),
    *each(factorial, POSITIVE),
    *at(sp.eval_jacobi, 3, 0.7, 0.3, domain=(-0.9, 0.9)),
)  # fmt: skip
