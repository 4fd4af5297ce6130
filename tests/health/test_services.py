# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services are healthy as deployed, and each way not to be has its word, shown by a program that does it."""

from __future__ import annotations

import time

import pytest

from tests.attacks.deployment import NEIGHBOUR, OURS, PORT
from tests.attacks.tables import show
from tests.health.served import Served
from tests.support.impostors import impostor
from tests.support.plays import activate


def test_the_real_one_is_healthy_and_nothing_is_changed(served: Served) -> None:
    before = served.host.snapshot()
    began = time.monotonic()
    said = served.health(soak=5)
    took = time.monotonic() - began
    assert (said.task["healthy"], said.task["changed"], said.task["unhealthy"]) == (True, False, [])
    for name in ("kitchen", "bedroom"):
        found = said.of(name)
        assert (found["reason"], found["version"], found["restarts"], found["image"]) == ("healthy", "0.8.0", 0, "")
        assert found["answered"] >= 5
        assert found["release"].startswith("0.8.0-")
        assert found["latency"] < 2000
    assert served.host.snapshot() == before
    rows = [[item["name"], str(item["latency"]), str(item["answered"])] for item in said.task["instances"]]
    show(f"health of services, {took:.0f} s", ["instance", "worst ms", "answers"], rows)


def test_one_that_is_stopped(served: Served) -> None:
    served.host.out("systemctl", "stop", OURS)
    said = served.health(timeout=3)
    assert said.reasons == {"kitchen": "stopped", "bedroom": "healthy"}
    assert said.task["failed"]
    assert "kitchen is not healthy (stopped): expected it runs" in said.task["msg"]
    assert said.task["remedy"] == "Run hardened.librespot.site against this host"


def test_one_that_hangs(served: Served) -> None:
    served.host.out("systemctl", "stop", "librespot-kitchen-watchdog.timer")
    served.host.out("systemctl", "kill", "--signal=STOP", OURS)
    began = time.monotonic()
    said = served.health(timeout=0)
    assert said.reasons == {"kitchen": "silent", "bedroom": "healthy"}
    assert time.monotonic() - began < 25


def test_another_release_than_is_wanted(served: Served) -> None:
    served.real("0.7.1")
    said = served.health(fail=False)
    assert not said.task.get("failed")
    assert said.task["reasons"] == {"kitchen": "version", "bedroom": "version"}
    found = said.of("kitchen")
    assert (found["expected"], found["version"]) == ("librespot 0.8.0", "0.7.1")
    assert "librespot '0.7.1'" in found["seen"]
    assert served.health(version="0.7.1").task["healthy"]


@pytest.mark.parametrize(
    ("manner", "answers", "reason"),
    [
        ("exits", "", "exits"),
        ("silent", "", "silent"),
        ("trickle", "", "silent"),
        ("late", "", "late"),
        ("garbage", "", "garbage"),
        ("well", "0.7.9", "version"),
        ("well", "", "healthy"),
    ],
)
def test_each_way_has_its_word(host: Served, manner: str, answers: str, reason: str) -> None:
    artifact, run = host.impostor(manner, answers)
    # As soon as it does not answer the run says so; what it left is what is looked at.
    assert (run.status == 0) == (manner == "well"), run.output
    said = host.health(timeout=4, release=artifact["id"])
    assert said.of("kitchen")["reason"] == reason
    # One that ends, or that its watchdog restarts, may not have been there when it was looked at.
    assert said.of("kitchen")["release"] in {artifact["id"], *([] if manner == "well" else [""])}


def test_one_that_ends_after_a_while(host: Served) -> None:
    host.impostor("dies")
    said = host.health(soak=40)
    assert set(said.task["reasons"].values()) == {"restarts"}
    name = said.task["unhealthy"][0]
    assert "the same process all the time" in said.of(name)["expected"]
    assert said.of(name)["answered"] > 0


def test_one_that_gets_late_after_a_while(host: Served) -> None:
    host.impostor("later")
    said = host.health(soak=40)
    assert set(said.task["reasons"].values()) == {"late"}
    assert said.of(said.task["unhealthy"][0])["latency"] >= 3000


def test_one_that_somebody_restarts_meanwhile(served: Served) -> None:
    """It answers again at once, so that nothing but the process tells."""
    # However long it takes until it is looked at.
    again = f"(while sleep 12; do systemctl restart {NEIGHBOUR}; done) & cat; kill $!"
    with served.host.start("sh", "-c", again):
        said = served.health(soak=60)
    assert said.task["reasons"] == {"bedroom": "restarts"}
    found = said.of("bedroom")
    # A look may fall between its end and its next start.
    assert found["restarts"] >= 1 or "it ended" in found["seen"]


def test_one_that_runs_on_with_the_release_before(served: Served) -> None:
    other = impostor(served.controller, "well")
    activate(served.controller, other)
    said = served.health()
    assert set(said.reasons.values()) == {"binary"}
    found = said.of("kitchen")
    assert f"the program of {other['id']}" in found["expected"]
    assert found["release"] in found["seen"]
    assert served.health(release=found["release"]).task["healthy"]


def test_another_program_at_its_port(served: Served) -> None:
    served.host.out("systemctl", "stop", OURS, "librespot-kitchen-watchdog.timer")
    with served.host.start("sh", "-c", f"python3 -m http.server --bind :: {PORT} & cat; kill $!"):
        assert served.health(timeout=3).reasons["kitchen"] == "stopped"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"latency": 0}, "latency: 0.0 is out of range"),
        ({"soak": -1}, "soak: -1.0 is out of range"),
        ({"timeout": "nan"}, "timeout: nan is out of range"),
        ({"image": "latest"}, "image: 'latest' is not an image's id"),
        ({"release": "0.9.9-x86_64-glibc2.36-000000000000"}, "is not on this host"),
    ],
)
def test_what_cannot_be_asked_is_refused(served: Served, asked: dict[str, object], said: str) -> None:
    assert said in served.health(**asked).task["msg"]
