# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths of the controller that a user gives to write to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from ..module_utils.model.errors import SpecificationError
from ..module_utils.model.reading import path_of
from .written import resolved


def file_to_write(value: str | None, option: str) -> str:
    """Return where a file is to be written, with the links to its directory followed. Raises `SpecificationError`."""
    path = resolved(path_of(value, option))
    if os.path.isdir(path):
        raise SpecificationError(option, value, "is a directory", "Write the path of a file in it")
    _refuse_other(os.path.dirname(path), value, option)
    return path


def directory_to_write(value: str | None, option: str) -> str:
    """Return the directory, which need not be there, with links followed. Raises `SpecificationError`."""
    path = os.path.realpath(path_of(value, option))
    _refuse_other(path, value, option)
    return path


def _refuse_other(directory: str, value: str | None, option: str) -> None:
    """Raise `SpecificationError` when a *directory* is none, and cannot be made where it is not there."""
    there = directory
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        raise SpecificationError(option, value, f"cannot be written, as {there} is no directory", "Name another place")
    # What is there already may be as it shall be. For root, the kernel's own look as if they could be written to.
    makes = there == directory or os.access(there, os.W_OK | os.X_OK)
    if not makes or f"{there}/".startswith(("/proc/", "/sys/")):
        raise SpecificationError(
            option, value, f"cannot be written, as nothing can be made in {there}", "Name another place"
        )


def refuse_outputs(given: Sequence[Mapping[str, str]], source: str, option: str) -> None:
    """Raise `SpecificationError` for files that cannot be written, or of which one would take the place of another.

    *source* is what is read meanwhile.
    """
    there: dict[str, str] = {}
    for number, item in enumerate(given):
        where = f"{option}[{number}].path"
        path = file_to_write(item["path"], where)
        if os.path.realpath(source) == path:
            raise SpecificationError(where, item["path"], "is what is read", "Name another file")
        if path in there:
            raise SpecificationError(where, item["path"], f"is that of {there[path]} as well", "Give each its own")
        there[path] = where
