"""Two convolutions of images, 3×3, as nine einsums each: differentiated in images and kernels."""

from itertools import pairwise

import numpy as np
from workload import Workload


def convolution(tiny):
    batch, size, channels = (2, 6, (2, 3, 2)) if tiny else (8, 28, (4, 8, 8))
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(o, i, 3, 3)) / (9 * i) ** 0.5 for i, o in pairwise(channels)]

    def convolve(einsum, x, kernel):
        n = x.shape[-1] - 2
        total = 0.0
        for i in range(3):
            for j in range(3):
                window = x[:, :, i : i + n, j : j + n]
                total = total + einsum("nchw,oc->nohw", window, kernel[:, :, i, j])
        return total

    def loss(library, x, first, second):
        hidden = library.relu(convolve(library.np.einsum, x, first))
        y = convolve(library.np.einsum, hidden, second)
        return (y * y).sum() / batch

    return Workload(
        title=f"two convolutions by einsum, {batch} images of {size}×{size}",
        unit="ms",
        loss=loss,
        leaves=(rng.normal(size=(batch, channels[0], size, size)), *kernels),
        without={"retrograd.pure": "has no einsum"},
    )


WORKLOADS = {"convolution": convolution}
