# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits: what may be written, and what systemd and the kernel then read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import (
    DeviceLimit,
    Limits,
    parse_limits,
    size,
    size_text,
)

MIB = 1024**2


@given(st.integers(0, 10**15 - 1))
def test_a_size_reads_as_it_was_written(number: int) -> None:
    assert size(size_text(number), "a", 0, 2**50) == number


@given(st.integers(32, 64 * 1024))
def test_the_rest_follows_from_the_memory(mebibytes: int) -> None:
    limits = parse_limits({"memory": f"{mebibytes}M"}, "limits")
    assert limits.memory == mebibytes * MIB
    assert 0 < limits.scratch <= limits.memory // 3
    assert limits.scratch < limits.memory_high < limits.memory


def test_nothing_written_is_a_limited_instance() -> None:
    assert parse_limits({}, "limits") == Limits()


def test_what_follows_from_the_default_memory_is_the_default() -> None:
    assert parse_limits({"memory": f"{Limits().memory // MIB}M"}, "limits") == Limits()


def test_everything_written() -> None:
    written = {
        "memory": "256M", "memory_high": "200M", "swap": "1M", "scratch": "32M", "cpu": "150%", "tasks": "40",
        "files": 2048, "io_weight": 10, "io": [{"device": "/dev/sda", "read": "10M"}],
    }  # fmt: skip
    assert parse_limits(written, "limits") == Limits(
        256 * MIB, 200 * MIB, MIB, 32 * MIB, 150, 40, 2048, 10, (DeviceLimit("/dev/sda", 10 * MIB, 0),)
    )


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"memory": "1M"}, "memory"),
        ({"memory": "many"}, "memory"),
        ({"memory": True}, "memory"),
        ({"memory": -1}, "memory"),
        ({"memory": "64M", "memory_high": "65M"}, "memory_high"),
        ({"memory": "64M", "scratch": "65M"}, "scratch"),
        ({"cpu": "50"}, "cpu"),
        ({"cpu": "1%"}, "cpu"),
        ({"tasks": 8}, "tasks"),
        ({"files": 1}, "files"),
        ({"io_weight": 0}, "io_weight"),
        ({"io": {"device": "/dev/sda"}}, "io"),
        ({"io": [{"device": "sda", "read": "1M"}]}, "io[0].device"),
        ({"io": [{"device": "/dev/../etc", "read": "1M"}]}, "io[0].device"),
        ({"io": [{"device": "/dev/sda"}]}, "io[0]"),
        ({"LimitCPU": 10}, "LimitCPU"),
        ({"LimitMemory": "1G"}, "LimitMemory"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(written: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        parse_limits(written, "limits")
    assert caught.value.path == f"limits.{path}"
    assert caught.value.remedy
