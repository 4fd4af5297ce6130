# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json
from ansible_collections.hardened.librespot.plugins.plugin_utils.outputs.audit_html import as_html
from ansible_collections.hardened.librespot.plugins.plugin_utils.reviewing import assemble
from tests.review.browser import INSIDE, chromium
from tests.support.fleet import fleet, hostile

NOW = calendar.timegm((2026, 11, 28, 4, 0, 20))
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
        page = context.new_page()
        opened = Opened(page, [], [])
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(f"file://{INSIDE}/{name}")
        return opened


@pytest.fixture(scope="session")
def chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a browser with the report of ten hosts, and that of hosts that write whatever they like."""
    directory = tmp_path_factory.mktemp("pages")
    (directory / TEN).write_text(as_html(assemble(fleet(), NOW)), encoding="utf-8")
    some = {
        room: found for room, found in fleet()["results"].items() if room in ("attic", "garden", "studio", "workshop")
    }
    earlier = directory / "earlier.json"
    earlier.write_text(
        as_json(assemble({**fleet(), "results": {**some, "garden": some["attic"]}}, NOW)), encoding="utf-8"
    )
    given = {**fleet(), "results": some, "previous": str(earlier)}
    (directory / FEW).write_text(as_html(assemble(given, NOW)), encoding="utf-8")
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
