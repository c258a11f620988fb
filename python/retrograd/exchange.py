"""Tensors among other libraries: the array API standard's namespace, and DLPack.

What leaves by DLPack is the value, detached, like `np.asarray(t)`.
"""

from typing import Any

import numpy as np

from .detach import check_detach


def array_namespace(self: Any, /, *, api_version: str | None = None) -> Any:
    """The namespace of this tensor for code that is written to the array API standard."""
    from . import array_api

    return array_api


def dlpack(
    self: Any,
    /,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: Any = None,
    copy: bool | None = None,
) -> Any:
    """The value as a DLPack capsule, for `np.from_dlpack` and `torch.from_dlpack`.

    Read-only where the consumer knows what that is, as DLPack 1.0 does; else a copy, which the
    consumer may write to.
    """
    check_detach("from_dlpack")
    # NumPy 2.0 does not know all of these.
    more = {"stream": stream, "dl_device": dl_device, "max_version": max_version, "copy": copy}
    options = {key: given for key, given in more.items() if given is not None}
    if max_version is None or max_version[0] < 1:
        if copy is False:
            raise BufferError(
                "from_dlpack: a tensor's value is read-only, which DLPack before 1.0 cannot say; "
                "leave copy=False out"
            )
        options.pop("copy", None)
        return np.array(self._view()).__dlpack__(**options)
    # Of `data`: gradients stay right also where a consumer writes in spite of the flag.
    value = self.data[...]
    value.flags.writeable = False
    return value.__dlpack__(**options)


def dlpack_device(self: Any, /) -> Any:
    """Where the memory is: DLPack's number of the CPU."""
    return np.empty(0).__dlpack_device__()


def device(self: Any) -> str:
    """Where the memory is: 'cpu', always."""
    return "cpu"


def to_device(self: Any, device: str, /, *, stream: Any = None) -> Any:
    """The tensor itself, which is on the CPU already."""
    if device != "cpu":
        raise ValueError(f"to_device: {device!r} came; there is 'cpu'")
    return self
