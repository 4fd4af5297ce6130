# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slice of systemd that a container is in, for the limits that would not last in its own control group.

With version 2 of control groups Docker's runtime hands its limits to systemd, but neither that there is to be no swap
nor a weight: it writes those itself, and they are gone as soon as systemd starts anything beside it that has limits
(runc 1.1.15, systemd 257, measured). A slice is systemd's own.
"""

from __future__ import annotations

from ..model.container import slice_name
from ..model.limits import Limits, size_text
from .unit import UNITS, unit_text


def slice_path(name: str) -> str:
    """Return the file of the slice of the container *name*."""
    return f"{UNITS}/{slice_name(name)}"


def container_slice(name: str, limits: Limits) -> str:
    """Return the unit of the slice of the container *name*, which is held to *limits*."""
    held = [("MemorySwapMax", size_text(limits.swap)), ("IOWeight", str(limits.io_weight))]
    return unit_text([("Unit", [("Description", f"The container {name}")]), ("Slice", held)])
