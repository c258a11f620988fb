"""`np.fft`: four transforms along one axis, and what is made of them.

The matrix of a discrete Fourier transform is symmetric, so its transpose, which pulls cotangents
back, is the transform itself; no conjugates, see `retrograd.ops.imag`.
"""

from typing import Any

import numpy as np

from .primitive import Primitive
from .table import implements

_OPPOSITE: dict[Any, Any] = {
    None: "forward",
    "backward": "forward",
    "ortho": "ortho",
    "forward": "backward",
}


def _cut(a: Any, n: int | None, axis: int) -> Any:
    """The first `n` elements along an axis, or all where there are no more."""
    if n is None or n < 1 or a.ndim == 0 or a.shape[axis] <= n:
        return a
    key = [slice(None)] * a.ndim
    key[axis] = slice(n)
    return a[tuple(key)]


def _pull_fft(transform: Any) -> Any:
    def vjp(g: Any, y: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
        return _cut(transform(g, None, axis, norm), a.shape[axis], axis)

    return vjp


def _pull_rfft(g: Any, y: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    length = a.shape[axis] if n is None else n
    return _cut(np.real(np.fft.fft(g, length, axis, norm)), a.shape[axis], axis)


def _pull_irfft(g: Any, y: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    length = g.shape[axis]
    # Each element but the first, and the last of an even length, stands for two of the spectrum.
    weights = np.full(length // 2 + 1, 2.0)
    weights[0] = 1.0
    if length % 2 == 0:
        weights[-1] = 1.0
    shape = [1] * g.ndim
    shape[axis] = -1
    spectrum = np.conj(np.fft.rfft(g, None, axis, _OPPOSITE[norm]))
    spectrum = spectrum * weights.reshape(shape).astype(g.dtype)
    return _cut(spectrum, a.shape[axis], axis)


_fft = Primitive("fft", np.fft.fft, _pull_fft(np.fft.fft), reads_result=False)
_ifft = Primitive("ifft", np.fft.ifft, _pull_fft(np.fft.ifft), reads_result=False)
_rfft = Primitive("rfft", np.fft.rfft, _pull_rfft, reads_result=False)
_irfft = Primitive("irfft", np.fft.irfft, _pull_irfft, reads_result=False)


@implements(np.fft.fft, derivative="fft(g), cut to the operand's length")
def fft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return _fft(_cut(a, n, axis), n=n, axis=axis, norm=norm)


@implements(np.fft.ifft, derivative="ifft(g), cut to the operand's length")
def ifft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return _ifft(_cut(a, n, axis), n=n, axis=axis, norm=norm)


@implements(np.fft.rfft, derivative="real(fft(g, n)), cut to the operand's length")
def rfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return _rfft(_cut(a, n, axis), n=n, axis=axis, norm=norm)


@implements(
    np.fft.irfft,
    derivative="conj(rfft(g)) / n, twice that where an element stands for two of the spectrum",
)
def irfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    length = None if n is None else n // 2 + 1
    return _irfft(_cut(a, length, axis), n=n, axis=axis, norm=norm)


@implements(np.fft.hfft, derivative="that of irfft(conj(a))")
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return irfft(np.conj(a), n, axis, _opposite(norm))


@implements(np.fft.ihfft, derivative="that of conj(rfft(a))")
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return np.conj(rfft(a, n, axis, _opposite(norm)))


def _opposite(norm: Any) -> Any:
    if norm not in _OPPOSITE:
        raise ValueError(f'np.fft: norm {norm!r} came; wanted "backward", "ortho" or "forward"')
    return _OPPOSITE[norm]


def _lengths(a: Any, s: Any, axes: Any, *, real_result: bool = False) -> tuple[list[Any], Any]:
    """The length along each transformed axis, and those axes, by NumPy's rules."""
    if s is not None and axes is None:
        raise TypeError("np.fft: s came without axes; pass both, as NumPy 2 wants")
    axes = list(range(-a.ndim, 0)) if axes is None else list(axes)
    own = [a.shape[axis] for axis in axes]
    if s is None:
        if real_result:
            own[-1] = 2 * (own[-1] - 1)
        return own, axes
    if len(s) != len(axes):
        raise ValueError(f"np.fft: s has {len(s)} lengths, axes has {len(axes)}")
    return [length if n == -1 else n for n, length in zip(s, own, strict=True)], axes


def _along(a: Any, transform: Any, lengths: Any, axes: Any, norm: Any) -> Any:
    for n, axis in reversed(list(zip(lengths, axes, strict=True))):
        a = transform(a, n, axis, norm)
    return a


@implements(np.fft.fftn, derivative="fftn(g)")
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _along(a, fft, *_lengths(a, s, axes), norm)


@implements(np.fft.ifftn, derivative="ifftn(g)")
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _along(a, ifft, *_lengths(a, s, axes), norm)


@implements(np.fft.fft2, derivative="fft2(g)")
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return fftn(a, s, axes, norm)


@implements(np.fft.ifft2, derivative="ifft2(g)")
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return ifftn(a, s, axes, norm)


@implements(np.fft.rfftn, derivative="that of rfft along the last axis and fft along the others")
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    lengths, axes = _lengths(a, s, axes)
    a = rfft(a, lengths[-1], axes[-1], norm)
    for n, axis in reversed(list(zip(lengths[:-1], axes[:-1], strict=True))):
        a = fft(a, n, axis, norm)
    return a


@implements(np.fft.irfftn, derivative="that of ifft along all axes but the last, and irfft there")
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    lengths, axes = _lengths(a, s, axes, real_result=True)
    for n, axis in zip(lengths[:-1], axes[:-1], strict=True):
        a = ifft(a, n, axis, norm)
    return irfft(a, lengths[-1], axes[-1], norm)


@implements(np.fft.rfft2, derivative="that of rfftn")
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return rfftn(a, s, axes, norm)


@implements(np.fft.irfft2, derivative="that of irfftn")
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return irfftn(a, s, axes, norm)


def _shift(x: Any, axes: Any, sign: int) -> Any:
    if axes is None:
        axes = tuple(range(x.ndim))
    elif not isinstance(axes, (tuple, list)):
        axes = (axes,)
    # The middle goes to the front, or back: n // 2 steps one way, or the other.
    return np.roll(x, [sign * (x.shape[axis] // 2) for axis in axes], axes)


@implements(np.fft.fftshift, derivative="shifted back")
def fftshift(x: Any, axes: Any = None) -> Any:
    return _shift(x, axes, 1)


@implements(np.fft.ifftshift, derivative="shifted back")
def ifftshift(x: Any, axes: Any = None) -> Any:
    return _shift(x, axes, -1)
