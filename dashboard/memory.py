"""Room: the dashboard's memory: what has been loaded stays, and nobody looks through it after every click.

Streamlit tidies memory after each run of the script, over everything that the process holds: with its libraries loaded
that takes a tenth of a second of a core, most of what a click costs.
"""

from __future__ import annotations

import gc
import sys

_MANY = 20  # a library brings dozens of modules
_known = 0


def keep_loaded() -> None:
    """Leave the libraries out of the tidying, again whenever another one has been loaded."""
    global _known
    if len(sys.modules) > _known + _MANY:
        _known = len(sys.modules)
        gc.collect()
        gc.freeze()
