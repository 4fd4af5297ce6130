# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Prometheus with eight days of three speakers: one is limited well, one too widely, one too tightly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.urls import open_url

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits_review import judged
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import PROMETHEUS_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.profiled import observed
from tests.attacks.tables import show
from tests.support.recorded import DAYS, MIB, Recording, recording

HOST = "pi"
LIMITS: dict[str, dict[str, Any]] = {
    "fits": {"memory": "80M", "tasks": 40, "files": 256},
    "wide": {"memory": "512M", "tasks": 512, "files": 8192},
    "tight": {"memory": "48M", "tasks": 24, "files": 256, "cpu": "20%"},
}
"""All of them use 20 to 45 MiB, 20 to 24 tasks and 24 files; the quota of the one that is too tight is used up."""
ARGS = {
    "instances": [
        {"name": name, "port": 38000 + number, "bind": {"loopback": True}, "limits": limits}
        for number, (name, limits) in enumerate(LIMITS.items())
    ]
}


class Recorded(Recording):
    """The Prometheus, and what is said of limits by it."""

    def given(self, **more: Any) -> dict[str, Any]:
        usual = {name: option.get("default") for name, option in PROMETHEUS_OPTIONS.items()}
        return {**usual, "url": self.url, "days": float(DAYS), **more}

    def review(self, **more: Any) -> dict[tuple[str, str], Finding]:
        profiles = observed(self.given(**more), ARGS, HOST, open_url, lambda: self.end)
        return {(item.scope, item.check): item for profile in profiles for item in judged(profile, self.url)}


@pytest.fixture(scope="session")
def recorded() -> Iterator[Recorded]:
    """Return the Prometheus with what it would have recorded."""
    with recording("profile", HOST, LIMITS, throttled="tight") as found:
        yield Recorded(found.host, found.url, found.end)


def test_limits_are_found_to_fit_too_wide_and_too_tight(recorded: Recorded) -> None:
    begin = time.monotonic()
    found = recorded.review()
    took = time.monotonic() - begin
    red = {key for key, item in found.items() if item.status == "failed"}
    assert red == {
        ("wide", "memory"),
        ("wide", "tasks"),
        ("wide", "files"),
        ("tight", "memory"),
        ("tight", "tasks"),
        ("tight", "cpu"),
    }
    assert found["wide", "memory"].observed.startswith("too wide: 512M")
    assert found["tight", "memory"].observed.startswith("too tight: 48M. 45.0 MiB at most")
    assert found["tight", "cpu"].observed.startswith("too tight: 20%")
    assert {item.status for key, item in found.items() if key[0] == "fits"} == {"passed"}
    rows = [[*key, item.status, item.observed[:60]] for key, item in sorted(found.items())]
    show(f"RES-08 of {DAYS} days, {took:.1f} s", ["instance", "limit", "status", "observed"], rows)


def test_the_figures_are_those_that_were_recorded(recorded: Recorded) -> None:
    profiles = observed(recorded.given(), ARGS, HOST, open_url, lambda: recorded.end)
    (load,) = profiles[0]["loads"]
    assert load["figures"]["memory"]["maximum"] == 45 * MIB
    assert load["figures"]["memory"]["p50"] == 20 * MIB
    assert load["figures"]["cpu"]["p50"] == pytest.approx(5.0, rel=0.01)
    assert load["samples"] >= 0.98 * DAYS * 86400 / 300


def test_of_a_few_days_nothing_is_too_wide(recorded: Recorded) -> None:
    found = recorded.review(days=3.0)
    assert {key for key, item in found.items() if item.status == "failed"} == {
        ("tight", "memory"),
        ("tight", "tasks"),
        ("tight", "cpu"),
    }


def test_what_has_ended_is_no_review(recorded: Recorded) -> None:
    later = recorded.end + 7 * 3600
    with pytest.raises(HostError, match=r"since 7\.0 hours"):
        observed(recorded.given(), ARGS, HOST, open_url, lambda: later)


def test_another_host_is_not_taken_for_it(recorded: Recorded) -> None:
    with pytest.raises(HostError, match="has nothing of"):
        observed(recorded.given(), ARGS, "p", open_url, lambda: recorded.end)
    assert recorded.review(labels={"instance": f"{HOST}:9100"})


def test_one_that_is_down_is_an_error(recorded: Recorded) -> None:
    with pytest.raises(HostError, match="cannot be reached"):
        observed(recorded.given(url=f"http://{recorded.host.address}:1"), ARGS, HOST, open_url)
