# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages of the host's distribution, installed by apt."""

from __future__ import annotations

from collections.abc import Sequence

from .command import Commands

_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
_OPTIONS = ("-q", "-y", "-o", "DPkg::Lock::Timeout=120")


def by_hand(packages: Sequence[str]) -> str:
    """Return the next step of whoever has to install *packages* without us."""
    return f"Install by hand: apt-get install --no-install-recommends {' '.join(packages)}"


def install(commands: Commands, packages: Sequence[str]) -> None:
    """Install *packages* and what they depend on. Raises `HostError` when that cannot be done."""
    remedy = by_hand(packages)
    commands.run(["apt-get", "update", *_OPTIONS], timeout=600, env=_QUIET, remedy=remedy)
    commands.run(
        ["apt-get", "install", "--no-install-recommends", *_OPTIONS, *packages], timeout=900, env=_QUIET, remedy=remedy
    )
