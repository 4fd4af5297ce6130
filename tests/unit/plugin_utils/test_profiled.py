# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Prometheus answers, whole or not, becomes a profile or a clear error, and never a wrong recommendation."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits_review import judged
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import PROMETHEUS_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.profiled import observed, wanted_limits
from ansible_collections.hardened.librespot.plugins.plugin_utils.prometheus import selector

NOW = 1_800_000_000.0
MIB = 1024 * 1024
ARGS: dict[str, Any] = {"instances": [{"name": "kitchen", "bind": {"loopback": True}}]}
USED = {
    "librespot_instance_up": 1.0,
    "librespot_memory_bytes": 40.0 * MIB,
    "librespot_memory_peak_bytes": 44.0 * MIB,
    "librespot_cpu_seconds_total": 0.1,
    "librespot_tasks": 20.0,
    "librespot_open_files": 24.0,
    "librespot_cpu_periods_total": 100.0,
    "librespot_cpu_throttled_periods_total": 0.0,
    "librespot_memory_events_total": 0.0,
    "librespot_instance_starts_total": 0.0,
}


def given(**more: Any) -> dict[str, Any]:
    usual = {name: option.get("default") for name, option in PROMETHEUS_OPTIONS.items()}
    return {**usual, "url": "https://prometheus.example.org/", "step": 3600, **more}


class Response(io.BytesIO):
    """What comes back."""

    status = 200
    headers: Mapping[str, str] = {}


class Served:
    """A Prometheus that has recorded *values* by metric, *age* seconds old or older, with a *share* of the samples."""

    def __init__(self, values: Mapping[str, float], age: float = 0, share: float = 1.0, series: int = 1) -> None:
        self.values = values
        self.age = age
        self.share = share
        self.series = series
        self.queries: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def __call__(self, url: str, **options: Any) -> Response:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.queries.append(asked["query"])
        self.options.append(options)
        name = next((item for item in self.values if f"{item}{{" in asked["query"]), "")
        if "start" in asked:
            begin, end, step = float(asked["start"]), float(asked["end"]), int(asked["step"])
            count = int((end - begin) / step) + 1
            moments = [begin + number * step for number in range(count)][-round(count * self.share) :]
            values = (
                [[moment, str(self.values[name])] for moment in moments if moment <= NOW - self.age] if name else []
            )
            result = [{"metric": {"n": number}, "values": values} for number in range(self.series)] if values else []
            return self.said("matrix", result)
        return self.said("vector", [{"metric": {"release": "0.8.0-x"}, "value": [NOW, "1"]}])

    def said(self, kind: str, result: list[Any]) -> Response:
        more = {"warnings": self.warnings} if self.warnings else {}
        body = {"status": "success", "data": {"resultType": kind, "result": result}, **more}
        return Response(json.dumps(body).encode())


def read(served: Callable[..., Any], **more: Any) -> dict[str, Any]:
    (profile,) = observed(given(**more), ARGS, "pi", served, lambda: NOW)
    return profile


def test_weeks_become_a_profile() -> None:
    served = Served(USED)
    profile = read(served)
    assert (profile["source"], profile["release"]) == ("prometheus", "0.8.0-x")
    (load,) = profile["loads"]
    assert (load["load"], load["samples"]) == ("observed", 28 * 24 + 1)
    assert load["figures"]["memory"]["maximum"] == 44 * MIB
    assert load["figures"]["cpu"]["p50"] == 10
    assert profile["recommended"] == {"memory": "72M", "files": 256, "tasks": 40}
    assert all('instance=~"pi(:[0-9]+)?",name="kitchen"' in query for query in served.queries)
    assert {options["timeout"] > 0 for options in served.options} == {True}


def test_of_a_part_of_the_time_nothing_is_lowered() -> None:
    profile = read(Served(USED, share=0.4))
    assert profile["recommended"] == {}
    assert any("samples of 40 %" in note for note in profile["notes"])


def test_of_a_day_nothing_is_lowered() -> None:
    assert read(Served(USED), days=1, step=60)["recommended"] == {}


def test_what_is_not_recorded_is_not_recommended() -> None:
    values = {name: value for name, value in USED.items() if "memory" not in name}
    profile = read(Served(values))
    assert "memory" not in profile["recommended"]
    assert next(item for item in profile["advice"] if item["resource"] == "memory")["action"] == "unknown"


def test_a_limit_that_was_come_to_is_raised() -> None:
    assert read(Served({**USED, "librespot_memory_events_total": 0.01}))["recommended"]["memory"] == "288M"


def _raises(error: Exception) -> Callable[..., Any]:
    def opened(_url: str, **_options: Any) -> Any:
        raise error

    return opened


def _says(body: Any) -> Callable[..., Any]:
    return lambda _url, **_options: Response(body if isinstance(body, bytes) else json.dumps(body).encode())


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "down": (_raises(URLError(ConnectionRefusedError(111, "refused"))), "cannot be reached"),
    "slow": (_raises(TimeoutError("timed out")), "cannot be reached"),
    "broken": (_raises(HTTPError("u", 503, "x", {}, None)), "answered with status 503"),  # type: ignore[arg-type]
    "wrong query": (_raises(HTTPError("u", 422, "x", {}, None)), "answered with status 422"),  # type: ignore[arg-type]
    "no login": (_raises(HTTPError("u", 401, "x", {}, None)), "answered with status 401"),  # type: ignore[arg-type]
    "another server": (_raises(HTTPError("u", 404, "x", {}, None)), "no API of Prometheus"),  # type: ignore[arg-type]
    "nonsense": (_says(b"<html>"), "what is not Prometheus'"),
    "other JSON": (_says([1]), "what is not Prometheus'"),
    "an error": (_says({"status": "error", "error": "too many samples"}), "too many samples"),
    "another kind": (_says({"status": "success", "data": {"resultType": "scalar", "result": []}}), "'scalar'"),
    "no values": (
        _says({"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1]]}]}}),
        "no series",
    ),
    "less than nothing": (
        _says({"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, "-5"]]}]}}),
        "negative values",
    ),
    "nothing": (Served({}), "has nothing of"),
    "old": (Served(USED, age=7 * 86400), "since 1"),
    "two hosts": (Served(USED, series=2), "2 series"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_answer_and_no_whole_answer_is_an_error(case: str) -> None:
    opener, said = REFUSED[case]
    with pytest.raises(HostError) as caught:
        read(opener)
    assert said in str(caught.value)


def test_a_part_of_the_answer_is_an_error() -> None:
    served = Served(USED)
    served.warnings = ["a store is away"]
    with pytest.raises(HostError, match="does not have all of"):
        read(served)


def test_not_a_number_is_no_sample() -> None:
    values = {**USED, "librespot_memory_bytes": float("nan"), "librespot_memory_peak_bytes": float("nan")}
    profile = read(Served(values))
    assert "memory" in profile["loads"][0]["not_measured"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "prometheus"}, "prometheus.url"),
        ({"url": "https://u:p@example.org"}, "has a login in it"),
        ({"url": "https://example.org/?q=1"}, "has a query"),
        ({"url": "http://example.org", "token": "s3cret"}, "anyone can read it"),
        ({"token": "a\nb"}, "is no token"),
        ({"days": 0}, "prometheus.days"),
        ({"days": float("nan")}, "prometheus.days"),
        ({"step": 60}, "Write 220 or more"),
        ({"labels": {"a b": "c"}}, "is no label"),
        ({"ca_file": "a\x00b"}, "prometheus.ca_file"),
    ],
)
def test_what_cannot_be_asked_is_refused(more: dict[str, Any], said: str) -> None:
    served = Served(USED)
    with pytest.raises(LibrespotError) as caught:
        read(served, **more)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert served.queries == []


def test_a_token_goes_to_nobody_else() -> None:
    served = Served(USED)
    read(served, token="s3cret")
    assert {options["headers"]["Authorization"] for options in served.options} == {"Bearer s3cret"}

    def elsewhere(url: str, **_options: Any) -> Any:
        raise HTTPError(url, 302, "x", {"Location": "https://evil.example.org/"}, None)  # type: ignore[arg-type]

    with pytest.raises(HostError, match="leads to another host"):
        read(elsewhere, token="s3cret")


@pytest.mark.parametrize(
    ("labels", "host", "selected"),
    [
        ({}, "pi.example-1", '{instance=~"pi\\\\.example\\\\-1(:[0-9]+)?",name="k"}'),
        ({"instance": 'a"b\\'}, "pi", '{instance="a\\"b\\\\",name="k"}'),
    ],
)
def test_labels_are_quoted(labels: dict[str, str], host: str, selected: str) -> None:
    assert selector(labels, host, "k") == selected


def reviewed(args: dict[str, Any], served: dict[str, float]) -> list[Finding]:
    """Return what is said of the limits in *args* by what is *served*."""
    profiles = observed(given(), args, "pi", Served(served), lambda: NOW)
    return [item for profile in profiles for item in judged(profile, "a Prometheus")]


@pytest.mark.parametrize(
    ("limits", "statuses"),
    [
        ({"memory": "80M", "tasks": 40, "files": 256}, {"memory": "passed", "tasks": "passed", "files": "passed"}),
        ({"memory": "32M"}, {"memory": "failed"}),
        ({"memory": "512M"}, {"memory": "failed"}),
        ({"tasks": 24, "files": 4096}, {"tasks": "failed", "files": "failed"}),
    ],
)
def test_limits_are_reviewed(limits: dict[str, Any], statuses: dict[str, str]) -> None:
    args = {"instances": [{**ARGS["instances"][0], "limits": limits}]}
    found = {item.check: item for item in reviewed(args, {**USED, "librespot_tasks": 25.0})}
    assert {name: found[name].status for name in statuses} == statuses
    assert {item.id for item in found.values()} == {"RES-08"}
    assert all(item.scope == "kitchen" for item in found.values())


def test_a_review_of_what_is_not_recorded_passes_nothing() -> None:
    assert {item.status for item in reviewed(ARGS, {"librespot_instance_up": 1.0})} == {"not enforced"}


@pytest.mark.parametrize(
    "recommended", [{"memory": "1M"}, {"memory": "72M; rm"}, {"memory": {"a": 1}}, {"swap": "1G"}, {"tasks": 3}]
)
def test_what_a_host_returns_is_taken_as_limits_only_if_it_is_some(recommended: dict[str, Any]) -> None:
    with pytest.raises(LibrespotError):
        wanted_limits(ARGS, [{"name": "kitchen", "recommended": recommended}])
    with pytest.raises(LibrespotError):
        wanted_limits(ARGS, [{"name": "hall", "recommended": {}}])
