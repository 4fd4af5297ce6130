# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Prometheus with eight days of three speakers: one is limited well, one too widely, one too tightly."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from ansible.module_utils.urls import open_url

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import PROMETHEUS_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.profiled import limits_reviewed, observed
from tests.attacks.hosts import Target, target, until
from tests.attacks.tables import show

DAYS = 8
EVERY_S = 60
MIB = 1024 * 1024
PORT = 9391
PLACE = "/run/recorded"
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


@dataclass(frozen=True)
class Recorded:
    """The Prometheus at *url*, on *host*, and the moment at which what it has ends."""

    host: Target
    url: str
    end: float

    def given(self, **more: Any) -> dict[str, Any]:
        usual = {name: option.get("default") for name, option in PROMETHEUS_OPTIONS.items()}
        return {**usual, "url": self.url, "days": float(DAYS), **more}

    def review(self, **more: Any) -> dict[tuple[str, str], Finding]:
        found = limits_reviewed(self.given(**more), ARGS, HOST, open_url, lambda: self.end)
        return {(item.scope, item.check): item for item in found}


def _openmetrics(end: float) -> Iterator[str]:
    """Yield what the monitor would have exported, as text that promtool reads."""
    count = DAYS * 86400 // EVERY_S
    moments = [int(end) - EVERY_S * (count - number) for number in range(count)]

    def family(name: str, kind: str, value: Any, labels: str = "") -> Iterator[str]:
        yield f"# TYPE {name.removesuffix('_total') if kind == 'counter' else name} {kind}\n"
        for speaker in LIMITS:
            key = f'{name}{{instance="{HOST}:9100",name="{speaker}"{labels}}}'
            for number, moment in enumerate(moments):
                yield f"{key} {value(speaker, number)} {moment}\n"

    def busy(number: int) -> bool:
        """An hour of music each evening."""
        return number * EVERY_S % 86400 < 3600

    yield from family("librespot_instance_up", "gauge", lambda _name, _number: 1)
    yield from family("librespot_memory_bytes", "gauge", lambda _name, number: (45 if busy(number) else 20) * MIB)
    yield from family("librespot_tasks", "gauge", lambda _name, number: 24 if busy(number) else 20)
    yield from family("librespot_open_files", "gauge", lambda _name, _number: 24)
    yield from family("librespot_cpu_seconds_total", "counter", lambda _name, number: number * EVERY_S * 0.05)
    yield from family("librespot_cpu_periods_total", "counter", lambda _name, number: number * 100)
    yield from family(
        "librespot_cpu_throttled_periods_total", "counter", lambda name, number: number * 20 if name == "tight" else 0
    )
    yield "# EOF\n"


@pytest.fixture(scope="session")
def recorded() -> Iterator[Recorded]:
    """Return the real Prometheus of Debian with what it would have recorded."""
    end = float(int(time.time()) - 600)
    with target("debian12-monitoring", "profile") as host:
        subprocess.run(
            ["docker", "exec", "--interactive", host.name, "sh", "-euc", f"mkdir -p {PLACE}; cat > {PLACE}/in.om"],
            input="".join(_openmetrics(end)),
            text=True,
            check=True,
        )
        # It reads all of its input again for each block: one block for all of the days.
        importing = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=500h"]
        host.out(*importing, f"{PLACE}/in.om", f"{PLACE}/data", timeout=500)
        host.write(f"{PLACE}/prometheus.yml", "global: {}\n")
        server = host.start(
            "sh",
            "-euc",
            f"prometheus --config.file={PLACE}/prometheus.yml --storage.tsdb.path={PLACE}/data "
            f"--storage.tsdb.retention.time=60d --web.listen-address=:{PORT} & cat; kill $!",
        )
        found = Recorded(host, f"http://{host.address}:{PORT}", end)

        def ready() -> bool:
            with suppress(OSError):
                return bool(open_url(f"{found.url}/-/ready", timeout=2).status == 200)
            return False

        try:
            until(ready, 60, "Prometheus is ready")
            yield found
        finally:
            server.communicate(timeout=30)


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
        limits_reviewed(recorded.given(), ARGS, HOST, open_url, lambda: later)


def test_another_host_is_not_taken_for_it(recorded: Recorded) -> None:
    with pytest.raises(HostError, match="has nothing of"):
        limits_reviewed(recorded.given(), ARGS, "p", open_url, lambda: recorded.end)
    assert recorded.review(labels={"instance": f"{HOST}:9100"})


def test_one_that_is_down_is_an_error(recorded: Recorded) -> None:
    with pytest.raises(HostError, match="cannot be reached"):
        limits_reviewed(recorded.given(url=f"http://{recorded.host.address}:1"), ARGS, HOST, open_url)
