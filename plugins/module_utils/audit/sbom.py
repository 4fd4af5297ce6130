# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-05: whether the SBOM beside a running program names exactly the crates that are recorded in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Union
from urllib.parse import unquote

from ..host.container_files import read_inside
from ..host.embedded import embedded_crates
from ..model import image
from ..model.artifact import SBOM
from ..model.errors import HostError
from ..model.finding import WAIVED, Finding
from ..model.instance import Instance
from ..model.layout import RELEASES
from .context import Context, each, finding, not_running

_CRATE = "pkg:cargo/"
_MOST = 5
_AGAIN = "Find out who wrote it; a run of hardened.librespot.site against this host puts the right one there"
_EXPECTED = "the SBOM names exactly the crates that are recorded in the running program"

Place = Callable[[Context, int], tuple[str, Union[bytes, None]]]
"""Tells where the SBOM of the program of the process with this number is, and what it holds."""

_LARGEST = 32 * 1024 * 1024


def look(contained: bool, context: Context) -> Iterator[Finding]:
    """Yield UPD-05 of each instance that runs."""
    place = _in_image if contained else _in_release
    yield from each(context, "UPD-05", "crates", partial(_compared, place))


def _in_release(context: Context, _pid: int) -> tuple[str, bytes | None]:
    path = f"{RELEASES}/{context.host.active_release()}/{SBOM}"
    entry = context.host.files.read(path)
    return path, None if entry is None else entry.content


def _in_image(_context: Context, pid: int) -> tuple[str, bytes | None]:
    return image.SBOM, read_inside(pid, image.SBOM, _LARGEST)


def _compared(place: Place, context: Context, instance: Instance) -> Iterator[Finding]:
    main = context.main(instance)
    if main is None:
        yield not_running(context, "UPD-05", "crates", instance, _EXPECTED)
        return
    path, content = place(context, main.pid)
    with open(f"/proc/{main.pid}/exe", "rb") as handle:
        recorded = embedded_crates(handle.read())
    evidence = f"/proc/{main.pid}/exe, {path}"
    if content is None:
        yield finding("UPD-05", "crates", instance.name, False, _EXPECTED, f"{path} does not exist", evidence)
        return
    try:
        named = named_crates(content)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(f"{path} is no SBOM that can be read: {error}", _AGAIN) from error
    if not recorded:
        said = "the program does not say what it was made of: its SBOM cannot be held against it"
        yield finding("UPD-05", "crates", instance.name, True, _EXPECTED, said, evidence, WAIVED)
        return
    wrong = [
        f"not named: {_listed(recorded - named)}" if recorded - named else "",
        f"not in the program: {_listed(named - recorded)}" if named - recorded else "",
    ]
    said = "; ".join(filter(None, wrong)) or f"{len(recorded)} crates"
    yield finding("UPD-05", "crates", instance.name, recorded == named, _EXPECTED, said, evidence)


def named_crates(sbom: bytes) -> frozenset[tuple[str, str]]:
    """Return name and version of each crate that an SBOM (CycloneDX, JSON) names. Raises ValueError for another."""
    said = json.loads(sbom)
    if not isinstance(said, dict) or said.get("bomFormat") != "CycloneDX":
        raise ValueError("the SBOM is not CycloneDX")
    parts = [*said["components"], said.get("metadata", {}).get("component", {})]
    purls = [str(part["purl"]) for part in parts if str(part.get("purl", "")).startswith(_CRATE)]
    return frozenset(_crate(purl[len(_CRATE) :].partition("?")[0]) for purl in purls)


def _crate(named: str) -> tuple[str, str]:
    name, _at, version = named.partition("@")
    return unquote(name), unquote(version)


def _listed(crates: frozenset[tuple[str, str]]) -> str:
    shown = [f"{name} {version}" for name, version in sorted(crates)[:_MOST]]
    rest = len(crates) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
