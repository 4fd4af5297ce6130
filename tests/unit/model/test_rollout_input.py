# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user says of a whole rollout is refused before it begins."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout_input import (
    check_serial,
    check_terms,
)

NAN = float("nan")


@pytest.mark.parametrize("batches", [[], ["25%"], ["1", "10%", "100%"], [1, 3]])
def test_batches_that_can_be_made(batches: list[Any]) -> None:
    check_serial(batches)


@pytest.mark.parametrize("batch", ["abc", "0", "0%", "-1", "101%", "2.5", "", "%", True])
def test_batches_that_cannot(batch: Any) -> None:
    with pytest.raises(SpecificationError, match=r"librespot_update_serial\[1\].*is no number of hosts"):
        check_serial(["25%", batch])


@pytest.mark.parametrize("given", [{}, {"timeout": 0.0, "soak": 0.0, "latency": 0.5}])
def test_seconds_that_can_be_waited(given: dict[str, float]) -> None:
    check_terms(given, 0)
    check_terms(given, 100)


@pytest.mark.parametrize(
    ("given", "most", "name"),
    [
        ({"timeout": -1.0}, 0, "timeout"),
        ({"soak": -5.0}, 0, "soak"),
        ({"soak": NAN}, 0, "soak"),
        ({"latency": 0.0}, 0, "latency"),
        ({"timeout": 1e9}, 0, "timeout"),
        ({}, -1, "max_fail_percentage"),
        ({}, 101, "max_fail_percentage"),
        ({}, NAN, "max_fail_percentage"),
    ],
)
def test_numbers_that_are_out_of_range(given: dict[str, float], most: float, name: str) -> None:
    with pytest.raises(SpecificationError, match=f"librespot_update_{name}"):
        check_terms(given, most)
