"""How functions are compiled: by numba, without the interpreter's lock, the result kept on disk where a folder can be written.

Importing this module loads numba (about half a second); only `kernels` and `cutting` do, and they are loaded for large work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")


def compiled(function: Function) -> Function:
    """Compile a function; numba keeps the code beside the module or in the user's cache folder, else in memory only."""
    try:
        found: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba found no folder to keep the code in
        found = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("Function", found)
