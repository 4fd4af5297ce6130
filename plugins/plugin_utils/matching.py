# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an SBOM is about a program: the same crates as the program records, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ..module_utils.model.errors import HostError
from . import elf
from .bill import named
from .compiled import Crate, recorded_crates

_SHOWN = 10


def crates_of(program: bytes, what: str) -> list[Crate]:
    """Return the crates that a *program* records. Raises `HostError` when it records none."""
    crates = recorded_crates(elf.crates(program), what)
    if not crates:
        raise HostError(
            f"{what} does not say what it was made of",
            "Take a program that was built with cargo-auditable, as the module build does; that of Debian or raspotify "
            "is not. An SBOM that names no crate would say that there is none",
        )
    return crates


def refuse_other(sbom: bytes, program: bytes, what: str) -> int:
    """Raise `HostError` unless *sbom* is about *program*, which is called *what*; return how many crates both have."""
    recorded = {(crate.name, crate.version) for crate in crates_of(program, what)}
    said = named(sbom, f"The SBOM of {what}")
    lacking, strange = recorded - said.crates, said.crates - recorded
    if lacking or strange:
        parts = [
            f"{verb} {_listed(crates)}"
            for verb, crates in (("does not name", lacking), ("names what is not in the program:", strange))
            if crates
        ]
        raise HostError(f"The SBOM of {what} {' and '.join(parts)}", _REMEDY)
    sha256 = hashlib.sha256(program).hexdigest()
    if sha256 not in said.programs.values():
        about = ", ".join(said.programs.values()) or "none"
        raise HostError(f"The SBOM of {what} is about another program ({about}), this one is {sha256}", _REMEDY)
    return len(recorded)


_REMEDY = "Nothing was written. Find out which of the two was changed; a converge puts both back"


def _listed(crates: Iterable[tuple[str, str]]) -> str:
    labels = sorted(f"{name} {version}" for name, version in crates)
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"{', '.join(labels[:_SHOWN])}{more}"
