# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman's generator, asked what it makes of some Quadlets when nothing lies beside them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping

from .command import Commands

_GENERATOR = "/usr/lib/systemd/system-generators/podman-system-generator"
# It reads Quadlets, and what is added to them, from these directories instead of its own (podman: cmd/quadlet/main.go).
_DIRECTORIES = "QUADLET_UNIT_DIRS"
_UNIT = re.compile(r"^---(\S+)---$", re.MULTILINE)


def generated(commands: Commands) -> dict[str, str]:
    """Return the units, by name, that would be made at the next reload of systemd, of all that lies on the host."""
    return _run(commands, {})


def generated_alone(commands: Commands, quadlets: Mapping[str, str], directory: str) -> dict[str, str]:
    """Return the units, by name, that are made of *quadlets*, name to text, as if they lay alone in *directory*."""
    with tempfile.TemporaryDirectory(prefix="librespot-quadlets-") as alone:
        for name, text in quadlets.items():
            with open(f"{alone}/{name}", "w", encoding="utf-8") as handle:
                handle.write(text)
        made = _run(commands, {_DIRECTORIES: os.path.realpath(alone)})
        return {name: text.replace(os.path.realpath(alone), directory) for name, text in made.items()}


def _run(commands: Commands, env: Mapping[str, str]) -> dict[str, str]:
    # One that it does not understand is left out, which is told by its absence.
    done = commands.run([_GENERATOR, "--dryrun"], ok=(), env=env, remedy="Install the package podman")
    _before, *parts = _UNIT.split(done.stdout)
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2])}
