# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine that runs the containers of this host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

from ..model.container import PODMAN
from .command import Commands
from .engine import Described, Engine
from .podman import Podman

AnyEngine = Union[Engine, Podman]


def engine_called(name: str, commands: Commands) -> AnyEngine:
    """Return the engine *name*. Raises `HostError` when it cannot be used."""
    return Podman(commands) if name == PODMAN else Engine()


class _Once:
    """What an engine has described, by what was asked and of whom."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Described | None] = {}

    def asked(self, ask: Callable[[str], Described | None], name: str) -> Described | None:
        """Return what *ask* says of *name*, asked once."""
        key = (ask.__name__, name)
        if key not in self._known:
            self._known[key] = ask(name)
        return self._known[key]


class EngineSnapshot(Engine):
    """Docker for one look that changes nothing: each container and image is as it was when it was asked for first."""

    def __init__(self) -> None:
        super().__init__()
        self._once = _Once()

    def container(self, name: str) -> Described | None:
        """Return the container *name*; None when there is none."""
        return self._once.asked(super().container, name)

    def image(self, identifier: str) -> Described | None:
        """Return an image; None when the engine does not have it."""
        return self._once.asked(super().image, identifier)


class PodmanSnapshot(Podman):
    """Podman for one look that changes nothing, likewise: each question starts two of its processes."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands)
        self._once = _Once()

    def container(self, name: str) -> Described | None:
        """Return the container *name*; None when there is none."""
        return self._once.asked(super().container, name)

    def image(self, identifier: str) -> Described | None:
        """Return an image; None when the engine does not have it."""
        return self._once.asked(super().image, identifier)
