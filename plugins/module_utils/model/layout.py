# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where releases and manifests of images are on a host, and the links that say which one is active."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

ROOT = "/opt/librespot"
RELEASES = f"{ROOT}/releases"
CURRENT = f"{ROOT}/current"
BEFORE = f"{ROOT}/before"
"""Holds a link for each release, with its name, to the one that was active before it."""
IMAGES = f"{ROOT}/images"
"""Manifests of the images that the engine has of ours."""


@dataclass(frozen=True)
class Layout:
    """Things that are kept side by side at *place*. The link at *current* leads to the one that is active.

    *before* holds a link for each, with its name, to the one that was active before it. *suffix* is behind each name
    where the thing itself is.
    """

    place: str
    current: str
    before: str
    suffix: str = ""

    def path(self, identifier: str) -> str:
        """Return where the thing *identifier* is."""
        return f"{self.place}/{identifier}{self.suffix}"

    def before_link(self, identifier: str) -> str:
        """Return the path of the link to what was active before the thing *identifier*."""
        return f"{self.before}/{identifier}"

    def link_to(self, identifier: str, path: str) -> str:
        """Return what the link at *path* holds to name the thing *identifier*."""
        return posixpath.relpath(self.path(identifier), posixpath.dirname(path))

    def linked(self, target: str, path: str) -> str:
        """Return the thing that the link at *path* to *target* names; empty when it leads elsewhere."""
        name = target.rpartition("/")[2]
        name = name[: len(name) - len(self.suffix)]
        right = name and not name.startswith(".") and target == self.link_to(name, path)
        return name if right else ""


OF_RELEASES = Layout(RELEASES, CURRENT, BEFORE)
OF_IMAGES = Layout(IMAGES, f"{IMAGES}/current", f"{IMAGES}/before", ".json")
