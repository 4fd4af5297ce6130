# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real Chromium: what people see of it, and that nothing else happens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.review.browser import INSIDE
from tests.review.conftest import FEW, HOSTILE, TEN, Desk
from tests.support.fleet import MARKUP, ROOMS

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PAGES = (TEN, HOSTILE)
WIDTHS = (1280, 390)
LONGEST_S = 3.0
LARGEST = 2_000_000

EVERYTHING_OPEN = "for (const one of document.querySelectorAll('details')) one.open = true"
FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    return {name: one.tagName, text: one.innerText.trim().slice(0, 40), outline: style.outlineStyle,
            seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight, id: one.closest('[id]')?.id ?? ''};
}"""


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [(FEW, 1280, "light"), (FEW, 390, "dark"), (HOSTILE, 390, "light")]
)
def test_it_breaks_no_rule_of_accessibility(desk: Desk, name: str, width: int, scheme: str) -> None:
    """Contrast, names, headings, tables and regions, with everything open that can be."""
    page = desk.open(name, width, scheme).page
    page.evaluate(EVERYTHING_OPEN)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"][:3]]) for item in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_it_asks_for_nothing_and_says_nothing(desk: Desk, name: str) -> None:
    opened = desk.open(name)
    opened.page.evaluate(EVERYTHING_OPEN)
    opened.page.wait_for_timeout(300)
    # What is in the page itself is no question to anyone.
    assert [url for url in opened.asked if not url.startswith("data:")] == [f"file://{INSIDE}/{name}"]
    assert opened.said == []


def test_a_policy_refuses_what_would_get_past_the_escaping(desk: Desk) -> None:
    """The proof that the test above could fail: what is put into the page by hand is refused by it."""
    opened = desk.open(TEN)
    opened.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=https://198.51.100.1/x>')")
    opened.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hit = 1'}))"
    )
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("window.hit") is None
    assert any("Content Security Policy" in line for line in opened.said)
    assert len([line for line in opened.said if "Content Security Policy" in line]) >= 2


def test_what_hosts_write_is_text(desk: Desk) -> None:
    page = desk.open(HOSTILE).page
    tags = page.evaluate("[...new Set([...document.querySelectorAll('*')].map(one => one.localName))]")
    assert {"script", "iframe"} & set(tags) == set()
    links = page.evaluate(
        "[...document.querySelectorAll('[href],[src]')].map(one => one.getAttribute('href') ?? one.src)"
    )
    assert [link for link in links if not link.startswith(("#", "data:image/svg+xml;base64,"))] == []
    handlers = (
        "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    assert page.evaluate(handlers) == []
    page.evaluate(EVERYTHING_OPEN)
    text = page.inner_text("body")
    assert MARKUP[0] in text
    assert not set(text) & set("\x1b\x00\u202e\u2066\u200b\u2028")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(desk: Desk, width: int) -> None:
    for name in PAGES:
        page = desk.open(name, width).page
        page.evaluate(EVERYTHING_OPEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_all_of_it_is_reached_by_the_keyboard(desk: Desk) -> None:
    """Every link, part that opens and table that scrolls has its turn, is seen, and shows that it has."""
    page = desk.open(TEN).page
    reachable = (
        "[...document.querySelectorAll('a[href], summary, [tabindex]')].filter(one => one.checkVisibility()).length"
    )
    count = page.evaluate(reachable)
    steps = []
    for _step in range(count):
        page.keyboard.press("Tab")
        steps.append(page.evaluate(FOCUSED))
    assert {step["name"] for step in steps} == {"A", "SUMMARY", "DIV"}
    assert [step for step in steps if not step["seen"] or step["outline"] == "none"] == []
    assert (steps[0]["text"], steps[1]["text"]) == ("Skip to the summary", "Summary")
    assert len({(step["name"], step["text"], step["id"]) for step in steps}) > len(ROOMS) * 4


def test_a_part_opens_and_closes_by_the_keyboard(desk: Desk) -> None:
    page = desk.open(TEN).page
    part = page.locator("#host-1 > summary")
    part.focus()
    for opened in (True, False):
        page.keyboard.press("Enter")
        assert page.evaluate("document.getElementById('host-1').open") is opened


def test_a_link_leads_to_its_control(desk: Desk) -> None:
    page = desk.open(TEN).page
    page.locator("#summary a[href='#control-NET-03']").first.click()
    page.wait_for_timeout(100)
    top = page.evaluate("document.getElementById('control-NET-03').getBoundingClientRect().top")
    # Below what stays at the top of the window.
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().bottom") <= top < 400
    missing = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
    assert page.evaluate(f"{missing}.map(a => a.hash)") == []


def test_dark_is_dark_and_printed_is_white(desk: Desk) -> None:
    page = desk.open(TEN, scheme="dark").page
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(20, 23, 27)"
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()


def test_all_of_it_is_printed(desk: Desk, tmp_path: Path) -> None:
    """What is closed on the screen is there on paper as well."""
    page = desk.open(TEN).page
    page.emulate_media(media="print")
    closed = "[...document.querySelectorAll('details:not([open]) .body')].filter(one => one.offsetHeight == 0).length"
    assert page.evaluate(closed) == 0
    path = tmp_path / "review.pdf"
    page.pdf(path=path, format="A4", prefer_css_page_size=True)
    assert path.read_bytes().startswith(b"%PDF-")
    assert path.stat().st_size > 100_000


def test_ten_hosts_are_small_and_soon_there(desk: Desk, told: list[str]) -> None:
    times, loaded = [], []
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        began = time.monotonic()
        page = desk.open(TEN, width, scheme).page
        times.append(time.monotonic() - began)
        loaded.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        path = desk.directory / f"ten-{scheme}-{width}.png"
        page.screenshot(path=path, full_page=True)
        assert path.read_bytes().startswith(b"\x89PNG")
    size = (desk.directory / TEN).stat().st_size
    told.append(f"ten hosts: {size / 1024:.0f} KiB, opened in {max(times):.2f} s, loaded after {max(loaded):.0f} ms")
    told.append(f"screenshots: {desk.directory}/ten-*.png")
    assert size < LARGEST
    assert max(times) < LONGEST_S
