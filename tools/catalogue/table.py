# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue as it is kept: what applies, proves, audits and kills each control, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS, Control
from tools.catalogue.audited import Check, checks
from tools.catalogue.mutants import Killer, killers
from tools.catalogue.nodes import stages
from tools.catalogue.rows import ROWS, Row

_NAMED = 12
"""How many mutants of one test are named; the rest are counted."""


@dataclass(frozen=True)
class Kept:
    """All that is known of how one *control* is kept. *enforced* kill it where limits are enforced alone."""

    control: Control
    row: Row
    checks: tuple[Check, ...]
    killers: tuple[Killer, ...]
    enforced: tuple[Killer, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """What it lacks of the four."""
        there = {
            "applied": self.row.applied,
            "proved": self.row.proofs,
            "audited": self.checks,
            "killed": self.killers,
        }
        return tuple(name for name, found in there.items() if not found)


def kept() -> tuple[Kept, ...]:
    """Return every control with what is known of it."""
    return tuple(
        Kept(
            control,
            ROWS[name],
            tuple(item for item in checks() if item.control == name),
            tuple(item for item in killers() if name in item.controls),
            tuple(item for item in killers() if name in item.enforced),
        )
        for name, control in CONTROLS.items()
    )


def summary() -> Iterator[str]:
    """Yield one table of all controls: how much there is of each of the four."""
    yield "| id | applied by | proofs | of them against none | checks, live alone | mutants | lacking |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for item in kept():
        live = sum(check.live for check in item.checks)
        names = {check.check for check in item.checks}
        proofs = item.row.proofs
        counts = (
            len(item.row.applied),
            len(proofs),
            sum(bool(proof.against) for proof in proofs),
            f"{len(names)}, {live}" if live else len(names),
            f"{len(item.killers)} and {len(item.enforced)}" if item.enforced else len(item.killers),
        )
        numbers = " | ".join(str(count) for count in counts)
        lacking = ", ".join(item.gaps) or ("a part" if item.row.lacking else "")
        yield f"| [{item.control.id}](#{item.control.id.lower()}) | {numbers} | {lacking} |"


def details() -> Iterator[str]:
    """Yield of each control a section that names all of it."""
    for item in kept():
        yield f"### {item.control.id}"
        yield ""
        yield f"{item.control.title}."
        yield ""
        if item.row.lacking:
            yield f"- **Lacking**: {item.row.lacking}"
        yield f"- **Applied by** {', '.join(f'`{place}`' for place in item.row.applied)}"
        yield from (f"- **Proved by** {_proof(proof.node, proof.against)}" for proof in item.row.proofs)
        yield from (f"- **Audited by** {text}" for text in _checks(item))
        yield from (f"- **Killed by** {text}" for text in _killers(item.killers, ""))
        yield from (f"- **Killed by** {text}" for text in _killers(item.enforced, " where the kernel enforces limits"))
        yield ""


def _proof(node: str, against: str) -> str:
    also = f"; it succeeds {against}" if against else ""
    return f"`{node}` ({_stages(node)}{also})"


def _stages(node: str) -> str:
    return ", ".join(f"`{name}`" for name in stages(node))


def _checks(item: Kept) -> Iterator[str]:
    places: dict[tuple[str, bool], list[str]] = {}
    for check in item.checks:
        places.setdefault((check.path, check.live), []).append(check.check)
    for (path, live), names in places.items():
        yield f"{', '.join(f'`{name}`' for name in names)} ({'live' if live else 'passive'}) in `{path}`"


def _killers(found: tuple[Killer, ...], where: str) -> Iterator[str]:
    by_node: dict[str, list[str]] = {}
    for killer in found:
        by_node.setdefault(killer.node, []).append(killer.name)
    for node, names in by_node.items():
        listed = [name for name in names if name]
        more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
        what = f": {', '.join(listed[:_NAMED])}{more}" if listed else ""
        yield f"`{node}` ({_stages(node)}){where}{what}"
