# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.health import Terms, terms

GIVEN: dict[str, Any] = {
    "version": "0.8.0", "release": "", "image": "", "timeout": 30.0, "latency": 2.0, "soak": 10.0, "interval": 1.0,
}  # fmt: skip


def test_what_is_usual() -> None:
    assert terms(GIVEN) == Terms("0.8.0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", -1.0),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("latency", 0.0),
        ("soak", -0.1),
        ("soak", 86401.0),
        ("interval", 0.0),
        ("image", "hardened-librespot:0.8.0"),
    ],
)
def test_what_is_none(name: str, value: object) -> None:
    with pytest.raises(SpecificationError) as said:
        terms({**GIVEN, name: value})
    assert said.value.path == name


@pytest.mark.parametrize(("latency", "patience"), [(2.0, 10.0), (5.0, 15.0)])
def test_what_is_late_is_not_silent_yet(latency: float, patience: float) -> None:
    assert Terms("0.8.0", latency=latency).patience == patience
