# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What loads a table, on the host and in segments."""

from __future__ import annotations

import inspect
import os

from ..host import firewall
from ..host.nftables import NFT
from ..model.layout import ROOT
from ..render.firewall_units import LOADER
from ..render.unit import SETTINGS
from .base import Planner
from .file import DirectoryPlanner, FilePlanner
from .package import ProgramPlanner
from .registry import Host


def loader_planners(host: Host) -> list[Planner]:
    """Return nft, the loader, and the directories of it and of the tables."""
    return [
        ProgramPlanner(host.commands, NFT, "nftables"),
        DirectoryPlanner(host.files, SETTINGS, 0o700),
        DirectoryPlanner(host.files, os.path.dirname(LOADER), along=ROOT),
        FilePlanner(host.files, LOADER, inspect.getsource(firewall)),
    ]
