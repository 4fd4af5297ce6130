# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture of a profile: what was used of each resource, against the limit and what is recommended.

It stands alone, and can be put into a page as it is: its classes and ids begin with a prefix. It follows the reader's
light or dark scheme, and says in text whatever it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..model.profile import CPU_BURST
from ..model.recommendation import LIMITED, UNKNOWN, shown
from ..model.usage import CPU, MEMORY
from .table import printable

_WIDTH = 640
_LEFT = 148
_RIGHT = 140
_ROW = 24
_HEAD = 46
_BAR = 12
_TRACK = _WIDTH - _LEFT - _RIGHT
_TITLES = {MEMORY: "Memory", CPU: "Processor", "tasks": "Tasks", "files": "Open files"}

_STYLE = """\
.lsp-profile{--ink:#1b1f24;--soft:#57606a;--track:#d8dee4;--most:#7fb2e5;--often:#1f6fb8;--limit:#b3261e;--new:#0f6b3c;
background:#fff;color:var(--ink);font:14px/1.4 system-ui,sans-serif;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.lsp-profile{--ink:#e9edf1;--soft:#adb7c1;--track:#3a424b;--most:#3f75a8;
--often:#8fc4f5;--limit:#ff8a80;--new:#6fdc9a;background:#14181d}}
.lsp-profile text{fill:var(--ink)}.lsp-profile .lsp-soft{fill:var(--soft)}.lsp-profile .lsp-head{font-weight:600}
.lsp-profile .lsp-track{fill:var(--track)}.lsp-profile .lsp-most{fill:var(--most)}
.lsp-profile .lsp-often{fill:var(--often)}.lsp-profile .lsp-mid{stroke:var(--ink);stroke-width:2}
.lsp-profile .lsp-limit{stroke:var(--limit);stroke-width:2}
.lsp-profile .lsp-new{stroke:var(--new);stroke-width:2;stroke-dasharray:5 3}
"""


def profile_svg(profile: Mapping[str, Any], prefix: str = "profile") -> str:
    """Return the picture of a *profile*, as `profile_data` returns it. *prefix* tells its ids from those of others."""
    body: list[str] = []
    height = 58
    for resource in LIMITED:
        rows = list(_rows(resource, profile["loads"]))
        advice = next(item for item in profile["advice"] if item["resource"] == resource)
        body += _resource(resource, rows, advice, height)
        height += _HEAD + _ROW * max(1, len(rows))
    title, about = f"{profile['name']}: use against limits", _about(profile)
    ids = f"{prefix}-title {prefix}-about"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lsp-profile" role="img" aria-labelledby={quoteattr(ids)} '
            f'viewBox="0 0 {_WIDTH} {height + 34}" width="{_WIDTH}" height="{height + 34}">',
            f"<title id={quoteattr(f'{prefix}-title')}>{_text(title)}</title>",
            f"<desc id={quoteattr(f'{prefix}-about')}>{_text(about)}</desc>",
            f"<style>{_STYLE}</style>",
            _said(8, 22, title, "lsp-head"),
            _said(8, 42, f"{profile['deployment']}, {profile['at']}, {profile['headroom']} % headroom", "lsp-soft"),
            *body,
            *_legend(height + 18),
            "</svg>",
            "",
        ]
    )


def _rows(resource: str, loads: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name of a row and its figures."""
    for load in loads:
        for name in (resource, CPU_BURST) if resource == CPU else (resource,):
            if name in load["figures"]:
                yield f"{load['load']}{', 0.1 s' if name == CPU_BURST else ''}", load["figures"][name]


def _resource(
    resource: str, rows: Sequence[tuple[str, Mapping[str, Any]]], advice: Mapping[str, Any], top: int
) -> Iterator[str]:
    now, value = advice["now"], advice["value"]
    unknown = advice["action"] == UNKNOWN
    head = f"{_TITLES[resource]}: limit {shown(resource, now)}"
    yield _said(8, top + 22, f"{head}, {'nothing recommended' if unknown else _wanted(resource, advice)}", "lsp-head")
    first = top + _HEAD - 12
    if not rows:
        yield _said(8, first + 14, "not measured", "lsp-soft")
        return
    scale = _TRACK / max(now, value or 0, *(found["maximum"] for _name, found in rows), 1)
    for number, (name, found) in enumerate(rows):
        y = first + number * _ROW
        yield _said(8, y + 13, name, "lsp-soft")
        yield _bar("lsp-track", _TRACK, y)
        yield _bar("lsp-most", found["maximum"] * scale, y)
        yield _bar("lsp-often", found["p95"] * scale, y)
        yield _line("lsp-mid", _LEFT + found["p50"] * scale, y + 1, y + 1 + _BAR)
        yield _said(_WIDTH - _RIGHT + 12, y + 13, f"{_short(resource, found['maximum'])} at most", "")
    bottom = first + len(rows) * _ROW - 4
    yield _line("lsp-limit", _LEFT + now * scale, first - 4, bottom)
    if value is not None and value != now:
        yield _line("lsp-new", _LEFT + value * scale, first - 4, bottom)


def _wanted(resource: str, advice: Mapping[str, Any]) -> str:
    return "to be kept" if advice["value"] == advice["now"] else f"recommended {shown(resource, advice['value'])}"


def _short(resource: str, number: float) -> str:
    return f"{number:.1f} %" if resource == CPU else shown(resource, number).replace(" open files", "")


def _about(profile: Mapping[str, Any]) -> str:
    """Return the same in words."""
    said = []
    for advice in profile["advice"]:
        resource = advice["resource"]
        used = "not measured" if advice["used"] is None else f"{shown(resource, advice['used'])} at most"
        said.append(f"{_TITLES[resource]}: {used}, limit {shown(resource, advice['now'])}. {advice['reason']}.")
    return " ".join(said)


def _legend(y: int) -> Iterator[str]:
    parts = (("lsp-often", "95 of 100 samples"), ("lsp-most", "the most"))
    x = 8
    for name, about in parts:
        yield f'<rect class="{name}" x="{x}" y="{y - 10}" width="14" height="{_BAR}"/>'
        yield _said(x + 20, y, about, "lsp-soft")
        x += 20 + 8 * len(about) + 14
    for name, about in (("lsp-mid", "the middle"), ("lsp-limit", "limit"), ("lsp-new", "recommended")):
        yield _line(name, x + 6, y - 12, y + 4)
        yield _said(x + 14, y, about, "lsp-soft")
        x += 14 + 8 * len(about) + 14


def _bar(name: str, width: float, y: float) -> str:
    return f'<rect class="{name}" x="{_LEFT}" y="{y + 1:g}" width="{max(width, 0):.1f}" height="{_BAR}" rx="2"/>'


def _line(name: str, x: float, top: float, bottom: float) -> str:
    return f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom:g}"/>'


def _said(x: float, y: float, text: str, name: str) -> str:
    return f'<text x="{x:g}" y="{y:g}"{f" class={quoteattr(name)}" if name else ""}>{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(printable(text))
