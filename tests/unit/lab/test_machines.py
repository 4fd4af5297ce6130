# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from tools.lab import machines
from tools.lab.cache import Cache
from tools.lab.progress import Progress


def test_the_number_of_the_engine_beside_them_is_no_machine(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "lab", Progress(quiet=True))
    cache.claim()
    cache.directory("run", "debian13")
    (cache.directory("run") / "dockerd.pid").write_text("17", encoding="ascii")
    assert machines.names(cache) == ["debian13"]
