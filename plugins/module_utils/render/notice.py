# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told, as text for people and as data for programs. Titles are others': they are text, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.notice import ADVISORY, BREACH, FAULT, FEED, NOTE, RECOVERY, RELEASE, Item
from ..model.vulnerability import UNKNOWN

_ONE_AND_MANY = {
    FAULT: ("check that failed", "checks that failed"),
    ADVISORY: ("advisory", "advisories"),
    RELEASE: ("release", "releases"),
    FEED: ("feed entry", "feed entries"),
    BREACH: ("breach", "breaches"),
    RECOVERY: ("recovery", "recoveries"),
    NOTE: ("note", "notes"),
}
_FORMAT = 1


@dataclass(frozen=True)
class Message:
    """What one channel tells at once: *items*, of which *again* are told once more; *left* come later.

    *identifier* is the same whenever the same is told again. *at* is a moment as RFC 3339 has it, *where* the machine,
    and *program* what tells it.
    """

    identifier: str
    items: Sequence[Item]
    again: frozenset[str]
    left: int
    at: str
    where: str
    program: str


def subject(message: Message) -> str:
    """Return one line that says what the message is about. Nothing of it was written by others."""
    counts = [(kind, sum(item.kind == kind for item in message.items)) for kind in _ONE_AND_MANY]
    said = ", ".join(f"{number} {_ONE_AND_MANY[kind][number != 1]}" for kind, number in counts if number)
    worst = next((item.severity for item in message.items if item.severity != UNKNOWN), "")
    return f"librespot: {said}{f' (worst: {worst})' if worst else ''}"


def text(message: Message) -> str:
    """Return the message for people."""
    paragraphs = [_paragraph(item, item.key in message.again) for item in message.items]
    if message.left:
        paragraphs.append(f"{message.left} more come with the next message.")
    return "\n\n".join([*paragraphs, f"-- \n{message.program} on {message.where}, {message.at}"]) + "\n"


def _paragraph(item: Item, again: bool) -> str:
    rated = f", {item.severity}" if item.severity != UNKNOWN else ""
    lines = [f"{'Still: ' if again else ''}{item.kind.upper()}{rated}", item.title, item.text, item.url]
    if item.hosts:
        lines.append(f"hosts: {', '.join(item.hosts)}")
    return "\n  ".join(filter(None, lines))


def as_json(message: Message) -> str:
    """Return the message for programs."""
    said: dict[str, Any] = {
        "format": _FORMAT,
        "id": message.identifier,
        "at": message.at,
        "from": message.where,
        "subject": subject(message),
        "left": message.left,
        "items": [_data(item, item.key in message.again) for item in message.items],
    }
    return json.dumps(said, sort_keys=True)


def _data(item: Item, again: bool) -> Mapping[str, Any]:
    return {**item.as_data(), "reminder": again}


def as_slack(message: Message) -> str:
    """Return the message as Slack, and what takes the same, reads it: a line for each item."""
    lines = [subject(message)]
    for item in message.items:
        hosts = f" ({len(item.hosts)} hosts)" if len(item.hosts) > 1 else f" ({item.hosts[0]})" if item.hosts else ""
        lines.append(f"• {item.kind}: {item.title}{hosts}")
    if message.left:
        lines.append(f"{message.left} more come with the next message")
    # Slack reads links and mentions of everyone in angle brackets, and nothing else as a command; so it says itself.
    said = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return json.dumps({"text": said, "mrkdwn": False, "unfurl_links": False})


FORMS = {"json": as_json, "slack": as_slack}
"""Format of a webhook to what makes its body."""
