# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which units that bind an instance are ours, and which of them are for units that are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import FILE, Entry
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host, binds, runs
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import MARK, UNITS


def test_only_what_bears_our_mark_is_ours() -> None:
    files = {
        f"{UNITS}/librespot-kitchen-bind.service": MARK,
        f"{UNITS}/librespot-kitchen.service": "[Unit]",
        f"{UNITS}/librespot-hall-bind.service": MARK,
        f"{UNITS}/librespot-hall.service": MARK,
        f"{UNITS}/librespot-own-bind.service": "[Unit]",
    }

    def read(path: str) -> Entry | None:
        return Entry(FILE, 0o644, 0, 0, files[path].encode()) if path in files else None

    names = [path.rpartition("/")[2] for path in files]
    host = cast(Host, SimpleNamespace(files=SimpleNamespace(read=read, names=lambda _place: names)))
    assert binds(host) == ["kitchen", "hall"]
    assert [name for name in binds(host) if not runs(host, name)] == ["kitchen"]
