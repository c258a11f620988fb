"""Train a two-layer network on scikit-learn's 1,797 handwritten digits.

    python docs/examples/digits.py

Nothing but `Tensor` arithmetic: matrix products, a relu, and the cross-entropy written out.
"""

import sys
from time import perf_counter

import numpy as np

from retrograd import Tensor, no_grad

try:
    from sklearn.datasets import load_digits
except ImportError:
    sys.exit("This example needs scikit-learn: pip install scikit-learn")

EPOCHS, BATCH, RATE, HIDDEN = 40, 32, 0.3, 64
HELD_OUT = 360
WANTED = 0.95


def load(rng):
    """Return training and held-out images and labels, pixels scaled to [0, 1]."""
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    images, labels = images[order] / 16.0, labels[order]
    return images[HELD_OUT:], labels[HELD_OUT:], images[:HELD_OUT], labels[:HELD_OUT]


def scores(parameters, images):
    w1, b1, w2, b2 = parameters
    return (images @ w1 + b1).relu() @ w2 + b2


def cross_entropy(scores, labels):
    """Return the mean of -log softmax(scores)[label]."""
    # A constant taken off every score of a row changes no probability and keeps exp in range.
    shifted = scores - scores.data.max(axis=1, keepdims=True)
    log_total = shifted.exp().sum(axis=1).log()
    return (log_total - shifted[np.arange(len(labels)), labels]).mean()


def accuracy(parameters, images, labels):
    with no_grad():
        return float((scores(parameters, images).data.argmax(axis=1) == labels).mean())


def progress(epoch, loss, held_out):
    """One line that is rewritten on a terminal; a few lines in a file or a pipe."""
    line = f"epoch {epoch:3d}/{EPOCHS}   loss {loss:.4f}   held-out accuracy {held_out:.2%}"
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if epoch == EPOCHS else "", flush=True)
    elif epoch % 10 == 0:
        print(line, flush=True)


def train(rng):
    """Return the held-out accuracy, and the seconds spent in forward and in backward."""
    images, labels, test_images, test_labels = load(rng)
    parameters = [
        Tensor(rng.normal(0, np.sqrt(2 / 64), (64, HIDDEN))),
        Tensor(np.zeros(HIDDEN)),
        Tensor(rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, 10))),
        Tensor(np.zeros(10)),
    ]
    forward = backward = held_out = 0.0
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        order = rng.permutation(len(labels))
        for batch in np.split(order, range(BATCH, len(order), BATCH)):
            began = perf_counter()
            loss = cross_entropy(scores(parameters, images[batch]), labels[batch])
            between = perf_counter()
            loss.backward()
            backward += perf_counter() - between
            forward += between - began
            for p in parameters:
                p.data -= RATE * p.grad
                p.zero_grad()
            total += float(loss.data) * len(batch)
        held_out = accuracy(parameters, test_images, test_labels)
        progress(epoch, total / len(labels), held_out)
    return held_out, forward, backward


def main():
    began = perf_counter()
    held_out, forward, backward = train(np.random.default_rng(0))
    print(f"held-out accuracy: {held_out:.2%} of {HELD_OUT} digits")
    seconds = perf_counter() - began
    print(f"forward {forward:.2f} s, backward {backward:.2f} s, all {seconds:.2f} s")
    if held_out < WANTED:
        sys.exit(f"expected at least {WANTED:.0%}")


if __name__ == "__main__":
    main()
