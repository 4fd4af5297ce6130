# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of reasons of a host, and what is in force on it, each read by a way of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.deployment import APPLY, OURS, specified
from tests.attacks.hosts import Target
from tests.support.hosts import CHECKOUT
from tests.support.plays import Controller

NOBODY = "nobody has one"
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Line:
    """A line of a table of the document."""

    scope: str
    kind: str
    name: str
    value: str
    control: str
    threat: str
    reason: str


@dataclass(frozen=True)
class Described:
    """The *host*, and what audits it."""

    host: Target
    controller: Controller

    def document(self) -> list[Line]:
        """Audit the host, whatever is red, and return the lines of the document that the audit writes."""
        path = self.controller.directory / "rationale.md"
        asked = {"librespot_audit_rationale": str(path), "librespot_audit_fail": False}
        self.controller.converge(CHECKOUT / "playbooks/audit.yml", {**specified(), **asked})
        return list(_lines(path.read_text(encoding="utf-8")))

    def mend(self) -> None:
        """Make the host again what the inventory says."""
        self.controller.converge(APPLY, specified())

    def directives(self) -> set[str]:
        """Return the names of the lines of the kitchen's unit, as systemd has read it."""
        text = self.host.out("systemctl", "cat", OURS).replace("\\\n", " ")
        return set(re.findall(r"^(\w+)=", text, re.MULTILINE))

    def options(self) -> set[str]:
        """Return the options that the live process has been given."""
        environment = self.host.out("cat", f"/proc/{self.host.process(OURS)}/environ").split("\0")
        names = [item.partition("=")[0] for item in environment if item.startswith("LIBRESPOT_")]
        return {name.removeprefix("LIBRESPOT_").lower().replace("_", "-") for name in names}

    def table(self) -> set[str]:
        """Return the chains and sets that the kernel holds, each after its kind."""
        listed = json.loads(self.host.out("nft", "--json", "list", "table", "inet", "librespot"))["nftables"]
        kinds = [(kind, item[kind]["name"]) for item in listed for kind in ("chain", "set") if kind in item]
        return {f"{kind} {name}" for kind, name in kinds}


def _lines(text: str) -> Iterator[Line]:
    scope = kind = ""
    for line in text.splitlines():
        if line.startswith("## "):
            scope = line.removeprefix("## ")
        elif line.startswith("### "):
            kind = line.removeprefix("### ")
        elif line.startswith("| ") and not line.startswith(("| setting |", "| --- |")):
            cells = [_ESCAPED.sub(r"\1", cell.strip()) for cell in _CELLS.split(line)[1:-1]]
            yield Line(scope, kind, *cells)
        assert "more are not shown here" not in line
