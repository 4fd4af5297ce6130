# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import PASSED
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_html import as_html
from ansible_collections.hardened.librespot.plugins.plugin_utils.reviewing import assemble
from tests.review.browser import INSIDE, chromium
from tests.support.fleet import fleet, hostile

NOW = calendar.timegm((2026, 11, 28, 4, 0, 20))
PATIENCE_MS = 300_000
"""What a machine with other work may take; how long it does take is measured by the test that is about it."""

TEN = "ten.html"
FEW = "few.html"
"""Some of the ten, with everything that the page can have in it: what looks at each element takes its time."""

HOSTILE = "hostile.html"


@dataclass(frozen=True)
class Opened:
    """A page that was opened, and what happened meanwhile: lines on its console, and addresses that it asked for."""

    page: Page
    said: list[str]
    asked: list[str]


@dataclass(frozen=True)
class Desk:
    """A browser, and the *directory* whose pages it sees."""

    browser: Browser
    directory: Path

    def close(self) -> None:
        """Close all pages."""
        for context in self.browser.contexts:
            for page in context.pages:
                page.close()

    def open(self, name: str, width: int = 1280, scheme: str = "light") -> Opened:
        """Open the page *name* in a window of this *width* in pixels, for a reader who prefers this colour *scheme*."""
        shown = {"width": width, "height": 900}
        context = self.browser.new_context(viewport=shown, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        opened = Opened(page, [], [])
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(f"file://{INSIDE}/{name}")
        return opened


def _few(directory: Path) -> dict[str, Any]:
    """Return the arguments of a task about some of the ten, of which little is known, and an earlier look."""
    rooms = ("attic", "garden", "studio", "workshop")
    some = {room: dict(found) for room, found in fleet()["results"].items() if room in rooms}
    for found in some.values():
        passed = [item for item in found.get("findings", ()) if item["status"] == PASSED]
        found.update({"findings": [x for x in found["findings"] if x not in passed[4:]]} if passed else {})
        found.update({"settings": _each_kind(found["settings"])} if "settings" in found else {})
    earlier = directory / "earlier.json"
    before = {"attic": some["attic"], "garden": some["attic"], "workshop": some["garden"]}
    earlier.write_text(as_json(assemble({**fleet(), "results": before, "profiles": {}}, NOW)), encoding="utf-8")
    return {**fleet(), "results": some, "previous": str(earlier)}


def _each_kind(settings: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return some settings of each kind."""
    by_kind: dict[str, list[dict[str, str]]] = {}
    for item in settings:
        by_kind.setdefault(item["kind"], []).append(item)
    return [item for found in by_kind.values() for item in found[:12]]


@pytest.fixture(scope="session")
def chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a browser with the report of ten hosts, and that of hosts that write whatever they like."""
    directory = tmp_path_factory.mktemp("pages")
    (directory / TEN).write_text(as_html(assemble(fleet(), NOW)), encoding="utf-8")
    (directory / FEW).write_text(as_html(assemble(_few(directory), NOW)), encoding="utf-8")
    (directory / HOSTILE).write_text(as_html(assemble(hostile(), NOW)), encoding="utf-8")
    directory.chmod(0o755)
    with chromium(directory) as browser:
        yield Desk(browser, directory)


@pytest.fixture
def desk(chair: Desk) -> Iterator[Desk]:
    """Return the browser, in which nothing stays open."""
    yield chair
    chair.close()


FIGURES: list[str] = []


@pytest.fixture
def told() -> list[str]:
    """Return the lines that are printed after the tests."""
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for line in FIGURES:
        terminalreporter.write_line(line)
