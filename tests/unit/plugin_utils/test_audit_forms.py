# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in every form: each is what its readers take it for, and what hosts wrote is text in all of them."""

from __future__ import annotations

import base64
import calendar
import functools
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from sarif_pydantic import Sarif

from ansible_collections.hardened.librespot.plugins.action.report import FORMS
from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED, STATUSES, WAIVED
from ansible_collections.hardened.librespot.plugins.module_utils.model.report import Report
from ansible_collections.hardened.librespot.plugins.module_utils.model.strategies import STRATEGIES, strategy_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json, as_table
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_html import as_html
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_junit import audit_junit
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_markdown import (
    as_markdown,
    as_rationale,
    escaped,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_sarif import audit_sarif, text
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_view import MOST_ROWS, visible
from ansible_collections.hardened.librespot.plugins.plugin_utils.reviewing import assemble
from tests.support.fleet import MARKUP, finding, fleet, hostile

ROOT = Path(__file__).parents[3]
NOW = calendar.timegm((2026, 11, 28, 4, 0, 20))
SARIF_SCHEMA = ROOT / "tests/data/schemas/sarif-2.1.0-rtm.5.json"
OWN_SCHEMA = ROOT / "docs/schemas/report-2.json"

ACTIVE = {"script", "iframe", "object", "embed", "form", "input", "base", "link"}


@functools.cache
def report(name: str) -> Report:
    """Return a report by the name of what is reported."""
    return assemble({"ten": fleet, "hostile": hostile, "one": one}[name](), NOW)


def one() -> dict[str, Any]:
    """Return the arguments of a task about a host of which nothing else is known."""
    return {
        **fleet(),
        "results": {"alone": {"findings": [finding("NET-01", "sockets", FAILED, "host")]}},
        "kind": "audit",
    }


def problems(schema: Path, data: Any) -> list[str]:
    """Return what is wrong with *data* by a schema."""
    rules = json.loads(schema.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(rules)
    kind.check_schema(rules)
    return [f"{list(error.path)}: {error.message[:200]}" for error in kind(rules).iter_errors(data)]


EVERY = pytest.mark.parametrize("name", ["ten", "hostile", "one"])


@EVERY
@pytest.mark.parametrize("form", FORMS)
def test_the_same_findings_give_the_same_bytes(form: str, name: str) -> None:
    assert FORMS[form](report(name)) == FORMS[form](report(name))


@EVERY
@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_written_and_has_nothing_that_steers_a_terminal(form: str, name: str) -> None:
    written = FORMS[form](report(name))
    written.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", written)


class TestJson:
    @EVERY
    def test_it_is_what_the_published_schema_says(self, name: str) -> None:
        assert problems(OWN_SCHEMA, json.loads(as_json(report(name)))) == []

    def test_the_schema_refuses_what_is_none(self) -> None:
        """The proof that the test above can fail."""
        data = json.loads(as_json(report("ten")))
        data["hosts"]["kitchen"]["findings"][0]["status"] = "fine"
        del data["hosts"]["attic"]["audited"]
        assert len(problems(OWN_SCHEMA, data)) == 2

    def test_a_comparison_fits_as_well(self, tmp_path: Path) -> None:
        before = {**fleet(), "results": {room: fleet()["results"][room] for room in ("kitchen", "garden")}}
        path = tmp_path / "before.json"
        path.write_text(as_json(assemble(before, NOW)), encoding="utf-8")
        data = json.loads(as_json(assemble({**fleet(), "previous": str(path)}, NOW)))
        assert problems(OWN_SCHEMA, data) == []
        assert data["comparison"]["appeared"]

    def test_fingerprints_tell_findings_apart_and_stay(self) -> None:
        data = json.loads(as_json(report("ten")))
        found = [item["fingerprint"] for host in data["hosts"].values() for item in host["findings"]]
        assert len(set(found)) == len(found)
        later = fleet()
        for result in later["results"].values():
            for item in result.get("findings", ()):
                item["observed"], item["status"] = "otherwise", FAILED
        again = json.loads(as_json(assemble(later, NOW)))
        assert [item["fingerprint"] for host in again["hosts"].values() for item in host["findings"]] == found


class TestSarif:
    @EVERY
    def test_it_is_sarif(self, name: str) -> None:
        data = json.loads(audit_sarif(report(name)))
        assert problems(SARIF_SCHEMA, data) == []
        assert Sarif.model_validate(data).version == "2.1.0"

    def test_it_leads_to_the_inventory_the_host_and_the_rule(self) -> None:
        (run,) = json.loads(audit_sarif(report("ten")))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules[:-1]] == list(CONTROLS)
        (failed,) = [item for item in run["results"] if item["ruleId"] == "CFG-02" and item["kind"] == "fail"]
        (place,) = failed["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "inventory/hosts.yml"
        assert place["logicalLocations"][0]["fullyQualifiedName"] == "garden/speaker"
        assert "Threat: " in rules[failed["ruleIndex"]]["help"]["text"]
        assert failed["level"] == "error"

    def test_only_what_failed_has_a_level_and_what_is_waived_is_suppressed(self) -> None:
        (run,) = json.loads(audit_sarif(report("ten")))["runs"]
        for item in run["results"]:
            assert (item["level"] != "none") == (item["properties"]["status"] in (FAILED, "error", WAIVED))
            assert ("suppressions" in item) == (item["properties"]["status"] == WAIVED)
        assert not run["invocations"][0]["executionSuccessful"]

    @pytest.mark.parametrize("said", MARKUP)
    def test_what_a_host_writes_makes_no_link_and_no_placeholder(self, said: str) -> None:
        made = text(said)
        assert not re.search(r"(?<!\\)(?:\\\\)*\[", made)
        assert not re.search(r"\{", made.replace("{{", ""))


class TestJunit:
    @EVERY
    def test_a_ci_reads_it(self, name: str) -> None:
        suites = list(JUnitXml.fromstring(audit_junit(report(name)).encode()))
        given = report(name)
        assert sum(suite.tests for suite in suites) == len(given.findings)
        assert sum(suite.failures + suite.errors for suite in suites) == given.red

    def test_what_is_of_the_fleet_is_a_suite_of_its_own(self) -> None:
        suites = list(JUnitXml.fromstring(audit_junit(report("ten")).encode()))
        assert (suites[0].name, suites[0].timestamp) == ("fleet", "2026-11-28T04:00:09")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.handlers += [name for name, _value in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def tags(html: str) -> _Tags:
    """Return what a reader of *html* sees in it."""
    parser = _Tags()
    parser.feed(html)
    return parser


class TestHtml:
    @EVERY
    def test_it_loads_nothing_and_runs_nothing(self, name: str) -> None:
        seen = tags(as_html(report(name)))
        assert seen.names & ACTIVE == set()
        # A picture that is in the page itself.
        assert [link for link in seen.links if not link.startswith(("#", "data:image/svg+xml;base64,"))] == []
        assert seen.handlers == []

    def test_what_instances_use_is_drawn(self) -> None:
        seen = tags(as_html(report("ten")))
        pictures = [link.partition(",")[2] for link in seen.links if link.startswith("data:")]
        assert len(pictures) == 2
        assert fromstring(base64.b64decode(pictures[0])).tag.endswith("svg")

    def test_everything_that_the_catalogue_says_is_there(self) -> None:
        said = "".join(tags(as_html(report("ten"))).text)
        looked_at = {item.id for item in report("ten").findings}
        for name in looked_at:
            control = CONTROLS[name]
            assert all(part in said for part in (control.title, control.threat, control.rationale, control.remedy))
        assert all(item.title in said and item.threats[0][0] in said for item in STRATEGIES)
        assert all(status in said for status in STATUSES if status != "not applicable")

    def test_what_differs_is_there_with_its_reason(self) -> None:
        said = "".join(tags(as_html(report("ten"))).text)
        assert "limits.memory" in said
        assert "there is no sound card" in said

    def test_it_says_what_is_not_shown(self) -> None:
        many = [finding("NET-01", f"check {number}", FAILED, "host") for number in range(MOST_ROWS + 7)]
        said = "".join(tags(as_html(assemble({**fleet(), "results": {"a": {"findings": many}}}, NOW))).text)
        assert "7 more are not shown here" in said

    def test_a_hundred_thousand_findings_are_written_in_time_and_are_small(self) -> None:
        many = [finding("NET-01", f"check {number}", FAILED, "host") for number in range(100_000)]
        given = assemble({**fleet(), "results": {"a": {"findings": many}}}, NOW)
        began = time.monotonic()
        for make in (as_html, as_markdown):
            assert len(make(given)) < 2_000_000
        assert json.loads(as_json(given))["red"] >= 100_000
        assert time.monotonic() - began < 60


class TestMarkdown:
    @EVERY
    @pytest.mark.parametrize("make", [as_markdown, as_rationale])
    def test_what_a_host_writes_is_text(self, make: Any, name: str) -> None:
        written = make(report(name))
        seen = tags(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(written))
        allowed = {"h1", "h2", "h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "code"}
        assert seen.names <= allowed
        # Of some that is read, an address alone becomes a link.
        assert not re.search(r"(?i)https?://|www\.[a-z]|[a-z]@[a-z]", written)
        columns = {line.count("|") - line.count("\\|") for line in written.splitlines() if line.startswith("| NET-")}
        assert len(columns) <= 1

    @given(st.text(max_size=60))
    def test_any_text_comes_out_as_it_was(self, said: str) -> None:
        plain = visible(said).strip()
        html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(f"x {escaped(plain)}")
        seen = tags(html)
        assert seen.names <= {"p"}
        assert " ".join("".join(seen.text).split()) == " ".join(f"x {plain}".split())

    @pytest.mark.parametrize("said", ["# x", "- x", "1. x", "+ x", "> x", "12) x", "=== x", "| x"])
    def test_nothing_begins_a_block(self, said: str) -> None:
        assert tags(MarkdownIt("commonmark").enable("table").render(escaped(said))).names <= {"p"}

    def test_the_reasons_name_control_threat_and_reason(self) -> None:
        written = as_rationale(report("ten"))
        (line,) = [item for item in written.splitlines() if item.startswith("| MemoryDenyWriteExecute")]
        assert "| CFG-02 |" in line
        assert CONTROLS["CFG-02"].threat in line
        assert "Injected code cannot be made executable" in line
        assert "nobody has one" not in written


def test_the_table_is_for_a_terminal() -> None:
    shown = as_table(report("hostile"))
    assert all(line.isprintable() for line in shown.split("\n"))


@given(st.text(), st.integers(1, 50))
def test_what_is_visible_is_short_and_printable(said: str, longest: int) -> None:
    made = visible(said, longest)
    assert made.isprintable()
    assert len(made) <= longest + 30


def test_every_control_has_its_strategy() -> None:
    assert {strategy_of(name) for name in CONTROLS} == {item.id for item in STRATEGIES}
