"""Running somebody's program as Python itself would: its `__main__`, arguments and tracebacks."""

import io
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from pkgutil import get_importer, read_code
from types import CodeType, ModuleType, TracebackType
from typing import Any


class NotFound(Exception):
    """There is no such script or module. `status` is what Python exits with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Script:
    """A program that is to be run in this process, once.

    Parameters
    ----------
    name : str
        A file, a folder or archive with a `__main__`, or, with `module`, a module.
    arguments : list of str
        What comes after the name.
    module : bool
        Whether to run as `python -m` does.
    """

    def __init__(self, name: str, arguments: list[str], module: bool = False) -> None:
        self.name, self.arguments, self.module = name, arguments, module
        self.launcher: set[tuple[str, str]] = set()  # files and functions of the frames below
        self._code: CodeType | None = None
        self._former_main: ModuleType | None = None

    def run(self) -> BaseException | None:
        """Run it, and give what it ended with if that was an exception.

        The traceback begins in the script. `__main__`, `sys.argv` and `sys.path[0]` stay the
        script's own, for what may still run at exit.
        """
        frame = sys._getframe().f_back
        while frame is not None:
            self.launcher.add((frame.f_code.co_filename, frame.f_code.co_qualname))
            frame = frame.f_back
        try:
            main = self._load()
            assert self._code is not None
            exec(self._code, main.__dict__)
        except BaseException as error:
            return error.with_traceback(self._own(error.__traceback__))
        return None

    def _own(self, traceback: TracebackType | None) -> TracebackType | None:
        """Cut off the frames before the script's first one, or before a package's it lies in."""
        first = traceback
        while first is not None and first.tb_frame.f_code is not self._code:
            first = first.tb_next
        if first is not None:
            return first
        while traceback is not None and _is_launching(traceback.tb_frame.f_code.co_filename):
            traceback = traceback.tb_next
        return traceback

    def _load(self) -> ModuleType:
        """Find the code and make the script's `__main__`."""
        sys.argv[:] = ["-m" if self.module else self.name, *self.arguments]
        if self.module:
            _set_first_path(os.getcwd())
            return self._main_of(*_find_module(self.name))
        file = os.path.join(os.getcwd(), self.name)  # not normalized: as in Python
        if spec := _find_in_folder(file):
            _set_first_path(file, always=True)
            return self._main_of(spec, spec.name)
        try:
            with io.open_code(file) as opened:
                self._code = read_code(opened)
            if self._code is None:
                with io.open_code(file) as opened:
                    source = opened.read()
        except OSError as error:
            raise NotFound(f"can't open file {file!r}: {error.strerror}", 2) from None
        _set_first_path(os.path.dirname(os.path.realpath(file)))
        if self._code is None:
            self._code = compile(source, file, "exec", dont_inherit=True)
        return self._make_main(file, None, None, SourceFileLoader("__main__", file))

    def _main_of(self, spec: ModuleSpec, name: str) -> ModuleType:
        """Make the `__main__` of a module that was found."""
        loader: Any = spec.loader
        code = getattr(loader, "get_code", lambda _: None)(name)
        if code is None:
            raise NotFound(f"no code to run in {name}", 1)
        self._code = code
        file = spec.origin or code.co_filename
        if self.module:
            sys.argv[0] = file
        return self._make_main(file, spec, spec.parent, loader)

    def _make_main(
        self, file: str, spec: ModuleSpec | None, package: str | None, loader: Any
    ) -> ModuleType:
        main = ModuleType("__main__")
        attributes = {
            "__file__": file,
            "__cached__": spec.cached if spec else None,
            "__spec__": spec,
            "__package__": package,
            "__loader__": loader,
        }
        main.__dict__.update(attributes)
        # Other frames still use the former one's globals.
        self._former_main = sys.modules.get("__main__")
        sys.modules["__main__"] = main
        return main


def _find_module(name: str) -> tuple[ModuleSpec, str]:
    """Find what `python -m name` runs."""
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            package, name = name, f"{name}.__main__"
            spec = find_spec(name)
            if spec is None:
                message = f"No module named {name}; {package!r} is a package and cannot be run"
                raise NotFound(message, 1)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        # As in Python: a name that leads nowhere, or a package that cannot be imported.
        what = f"{type(error).__name__}: {error}"
        raise NotFound(f"Error while finding module {name!r} ({what})", 1) from error
    if spec is None:
        raise NotFound(f"No module named {name}", 1)
    return spec, name


def _find_in_folder(name: str) -> ModuleSpec | None:
    """Find the `__main__` of a folder or an archive; None for a plain file."""
    importer: Any = get_importer(name)
    if importer is None:
        return None
    spec: ModuleSpec | None = importer.find_spec("__main__")
    if spec is None:
        raise NotFound(f"can't find '__main__' module in {name!r}", 1)
    return spec


def _set_first_path(folder: str, always: bool = False) -> None:
    # Python has put the folder of our own launcher there, unless it was told not to.
    if always or not sys.flags.safe_path:
        sys.path[0 : 0 if sys.flags.safe_path else 1] = [folder]


def _is_launching(file: str) -> bool:
    return file == __file__ or file.startswith("<frozen importlib")
