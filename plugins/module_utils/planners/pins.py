# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs at bind() that the kernel keeps for an instance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..host import bpf
from ..host.files import Files
from ..model.errors import HostError
from ..model.plan import Plan, State
from .base import Planner

_RIGHT = "as described"


class PinsPlanner(Planner):
    """The pinned programs of the instance *name*, as the file *path* with the content *programs* describes them."""

    def __init__(self, name: str, programs: Mapping[str, Any], path: str) -> None:
        super().__init__(f"bind programs of {name}", name)
        self._programs = programs
        self._path = path

    def wanted(self) -> State:
        """Return the programs as they shall be."""
        return {item["pin"]: _RIGHT for item in self._programs["programs"]}

    def found(self) -> State:
        """Return what is pinned, judged by the kernel's own digest of it."""
        return {
            item["pin"]: _RIGHT if seen == self._digest(item) else f"another program, {seen}"
            for item in self._programs["programs"]
            for seen in [bpf.pinned(item["pin"])]
            if seen is not None
        }

    def _digest(self, item: Mapping[str, Any]) -> str:
        """Return the kernel's digest of a program that is wanted; it says that only of what it has loaded."""
        try:
            descriptor = bpf.load(bytes.fromhex(item["code"]), item["family"], self._programs["name"])
        except OSError as error:
            raise HostError(
                f"The kernel refuses the program that binds {self.scope}: {error.strerror}",
                "Report it with the kernel's version",
            ) from error
        try:
            return bpf.tag(descriptor)
        finally:
            os.close(descriptor)

    def apply(self, plan: Plan) -> None:
        """Load and pin them anew. A running instance keeps those that it was started with."""
        if plan.changed:
            bpf.place(self._path)


class NoPinsPlanner(Planner):
    """The absence of the pinned programs of the instance *name* at *paths*."""

    def __init__(self, files: Files, name: str, paths: Sequence[str]) -> None:
        super().__init__(f"bind programs of {name}", name)
        self._files = files
        self._paths = paths

    def wanted(self) -> State:
        """Return nothing."""
        return {}

    def found(self) -> State:
        """Return what is pinned."""
        return {path: "there" for path in self._paths if self._files.read(path, content=False)}

    def apply(self, plan: Plan) -> None:
        """Remove the pins, and their directory with the last of them."""
        for path in plan.before:
            self._files.remove(path)
        directory = os.path.dirname(self._paths[0])
        if not self._files.names(directory):
            self._files.remove(directory)
