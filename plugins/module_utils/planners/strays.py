# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers of ours under names that are not: whoever renames one has it run on where nobody looks for it."""

from __future__ import annotations

from collections.abc import Iterable

from ..host.engines import AnyEngine
from ..model.container import BEFORE, DOCKER, INSTANCE_LABEL, TRIAL, container_name, holder_name
from ..model.instance import Instance
from .base import HOST


def strays(engine: AnyEngine, items: Iterable[Instance]) -> dict[str, str]:
    """Return the names of all containers of ours that no name of *items* accounts for, each with its scope."""
    known = {item.name for item in items}
    own = set(map(container_name, known))
    if engine.name == DOCKER:
        # Quadlets have none of these, so that nothing else would look for one.
        own |= {holder_name(name) for name in known} | {name + kind for name in own for kind in (TRIAL, BEFORE)}
    found = {}
    for there in engine.containers(INSTANCE_LABEL):
        # Docker adds the names by which others have a link to it, as OTHER/LINK.
        names = [name.lstrip("/") for name in there["Names"]]
        instance = there["Labels"][INSTANCE_LABEL]
        found.update(
            {name: instance if instance in known else HOST for name in names if "/" not in name and name not in own}
        )
    return dict(sorted(found.items()))
