"""Learn the frequency response that takes noise out of signals.

    python docs/examples/spectral_filter.py

The filter is two lines of `np.fft`; its response, one number a frequency, is fitted to noisy
signals whose clean originals are known. Least squares has a solution in closed form, Wiener's,
which stands beside it.
"""

import numpy as np

import retrograd

SIGNALS, LENGTH = 200, 256


def filtered(response, signals):
    return np.fft.irfft(response * np.fft.rfft(signals), LENGTH)


def error(response, noisy, clean):
    return np.mean((filtered(response, noisy) - clean) ** 2)


def made(rng):
    """Return smooth signals, and the same with noise."""
    decay = np.exp(-np.fft.rfftfreq(LENGTH) * 40)
    clean = np.fft.irfft(np.fft.rfft(rng.standard_normal((SIGNALS, LENGTH))) * decay, LENGTH)
    clean /= clean.std()
    return clean, clean + rng.standard_normal(clean.shape)


def main():
    rng = np.random.default_rng(0)
    clean, noisy = made(rng)
    step = retrograd.value_and_grad(error)
    response = np.ones(LENGTH // 2 + 1)
    # The mean square is a parabola in each number: its curvature is the power there.
    power = np.mean(np.abs(np.fft.rfft(noisy)) ** 2, axis=0) / LENGTH
    for iteration in range(51):
        value, gradient = step(response, noisy, clean)
        if iteration % 10 == 0:
            print(f"step {iteration:2}: mean square error {value:.4f}")
        response -= 0.1 * LENGTH * gradient / power
    x, y = np.fft.rfft(noisy), np.fft.rfft(clean)
    wiener = np.sum(np.real(np.conj(x) * y), axis=0) / np.sum(np.abs(x) ** 2, axis=0)
    print(f"farthest from Wiener's response {np.abs(response - wiener).max():.1e}")
    clean, noisy = made(rng)
    print(
        f"new signals: {error(1.0, noisy, clean):.3f} unfiltered, "
        f"{error(response, noisy, clean):.3f} filtered"
    )


if __name__ == "__main__":
    main()
