# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slices of containers are found as systemd and the kernel have them, and go when nobody is in them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import holder_name, slice_name
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits
from ansible_collections.hardened.librespot.plugins.module_utils.planners import slices
from ansible_collections.hardened.librespot.plugins.module_utils.planners.slices import EmptySlicePlanner, SlicePlanner
from ansible_collections.hardened.librespot.plugins.module_utils.render.slice import container_slice

NAME = "librespot-kitchen.slice"
WANTED = {"loaded": "as on disk", "swap": "8M", "io weight": "7"}


class Told:
    """systemd, which says whether it has read its files."""

    def __init__(self, stale: str) -> None:
        self._stale = stale

    def show(self, _unit: str, _properties: object) -> dict[str, str]:
        """Return what it says."""
        return {"NeedDaemonReload": self._stale}


def planned(root: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], stale: str = "no") -> dict[str, str]:
    """Return what is found of the slice where the kernel has *files* of it."""
    monkeypatch.setattr(slices, "_GROUPS", str(root))
    for path, text in files.items():
        (root / NAME).mkdir(exist_ok=True)
        (root / NAME / path).write_text(f"{text}\n", encoding="ascii")
    limits = Limits(swap=8 * 1024**2, io_weight=7)
    return dict(SlicePlanner(cast(Systemd, Told(stale)), NAME, limits, "kitchen").found())


def test_a_dash_leads_to_no_other_slice() -> None:
    assert slice_name("librespot-my-kitchen") == r"librespot-my\x2dkitchen.slice"
    assert slice_name(holder_name("kitchen")) == r"librespot-kitchen\x2dsegment.slice"


def test_it_holds_what_the_engine_would_lose() -> None:
    lines = container_slice("librespot-kitchen", Limits(io_weight=7)).splitlines()
    assert {"MemorySwapMax=0", "IOWeight=7"} <= set(lines)


@pytest.mark.parametrize(
    ("files", "differs"),
    [
        ({}, {}),
        ({"memory.swap.max": "8388608", "io.weight": "default 7"}, {}),
        ({"memory.swap.max": "max", "io.weight": "default 7"}, {"swap": "not limited"}),
        ({"memory.swap.max": "0", "io.weight": "default 100"}, {"swap": "0", "io weight": "100"}),
    ],
)
def test_what_the_kernel_has_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], differs: dict[str, str]
) -> None:
    assert planned(tmp_path, monkeypatch, files) == {**WANTED, **differs}


def test_a_stale_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned(tmp_path, monkeypatch, {}, stale="yes") == {**WANTED, "loaded": "not as on disk"}


@pytest.mark.parametrize(
    ("inside", "goes"),
    [
        ((), True),
        ((NAME, "run-r1.service"), True),
        ((NAME, "librespot-bedroom.service"), False),
        ((r"librespot-bedroom.slice",), False),
    ],
)
def test_the_slice_of_all_goes_with_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: tuple[str, ...], goes: bool
) -> None:
    for name in inside:
        (tmp_path / name).mkdir()
    monkeypatch.setattr(slices, "_GROUPS", str(tmp_path))
    assert (
        bool(EmptySlicePlanner(cast(Systemd, Told("no")), Files(str(tmp_path)), ["librespot-kitchen.slice"]).found())
        is goes
    )


def test_where_there_is_none_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_GROUPS", str(tmp_path / "none"))
    assert EmptySlicePlanner(cast(Systemd, Told("no")), Files(str(tmp_path)), []).found() == {}
