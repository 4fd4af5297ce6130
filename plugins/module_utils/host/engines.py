# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine that runs the containers of this host."""

from __future__ import annotations

from typing import Union

from ..model.container import PODMAN
from .command import Commands
from .engine import Engine
from .podman import Podman

AnyEngine = Union[Engine, Podman]


def engine_called(name: str, commands: Commands) -> AnyEngine:
    """Return the engine *name*. Raises `HostError` when it cannot be used."""
    return Podman(commands) if name == PODMAN else Engine()
