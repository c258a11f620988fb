"""The profiler: which line of the forward code costs what in backward. Start in `records`.

`session` opens and closes a profile, `regions` names parts of the program, `anomaly` stops at the
first NaN; `decode` turns what the core has counted into the plain data of `records`, and the other
modules turn that into tables, annotated source, memory reports and files. They are imported when
they are used.
"""

from os import path as _path

import numpy as _np

from .. import _core

# Whose frames are no user's lines.
_core.set_library_folders(
    [_path.join(_path.dirname(f), "") for f in (_path.dirname(__file__), _np.__file__)]
)
