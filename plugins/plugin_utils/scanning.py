# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole scan, from the options of a user to what is thought of what was found."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ..module_utils.host.build import way_out
from ..module_utils.host.command import Commands
from ..module_utils.model.errors import SpecificationError
from ..module_utils.model.gate import judge
from ..module_utils.model.inventory import SystemPackage
from ..module_utils.model.reading import LONGEST_S, OLDEST_DAYS, integer, path_of, paths_of
from ..module_utils.model.scanned import Scanned
from ..module_utils.model.statements import Program
from ..module_utils.model.unreachable import UNREACHABLE
from ..module_utils.model.vulnerability import NOT_COVERED, Vulnerability, merged
from ..module_utils.model.waivers import day, read_waivers, unused
from . import bill, cvss_score, elf, fixes, vex
from .cache import default_directory
from .engines.engine import Engine, Surroundings
from .engines.registry import engine, refuse_engines
from .given import refuse_outputs
from .outputs.purl import part
from .subjects import Subject, read_subject
from .vex import read_vex

LACKING = elf.LACKING or cvss_score.LACKING or fixes.LACKING or vex.LACKING or bill.LACKING
"""Why nothing here can be used, where a library is not installed."""


_DISTRIBUTION, _OTHERS, _FILES = "distribution", "components", "files"
"""What is in an image or an SBOM besides crates. Who waives one of them must not waive another by accident."""

_AROUND = (_DISTRIBUTION, _OTHERS, _FILES)

_UNCOVERED = "NOT-COVERED"


def scan(params: Mapping[str, Any]) -> Scanned:
    """Return what the engines find, judged. Raises `LibrespotError` for whatever keeps them from looking."""
    path_of(params["path"], "path")
    refuse_outputs(params["outputs"], params["path"], "outputs")
    return Scanning(params).of(params["path"], params["kind"])


def refuse(params: Mapping[str, Any], path: str = "") -> None:
    """Raise `SpecificationError` for options of a scan that cannot be used; *path* is what stands before their names.

    A timeout is checked where it is given.
    """
    refuse_engines(params["engines"] or (), f"{path}engines")
    for number, item in enumerate(params["vex"] or ()):
        path_of(item, f"{path}vex[{number}]")
    paths_of(params, ["cache_dir"], path)
    integer(params["max_age"], f"{path}max_age", 0, OLDEST_DAYS, "days")
    if "timeout" in params:
        integer(params["timeout"], f"{path}timeout", 1, LONGEST_S, "seconds")


class Scanning:
    """Scans of several things with the same engines, whose databases are fetched once."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        refuse(params)
        self._params = params
        self._today = day(params["today"], "today") if params["today"] else datetime.now(timezone.utc).date()
        if not params["engines"]:
            raise SpecificationError("engines", [], "is empty", "Name an engine: what nobody looked at is not clean")
        self._engines: list[Engine] | None = None

    def of(self, path: str, kind: str) -> Scanned:
        """Return what the engines find in what stands at *path*, as `scan` does."""
        params, today = self._params, self._today
        subject = read_subject(path, kind)
        if self._engines is None:
            self._engines = [
                engine(given, _surroundings(params, today, f"engines[{number}]"))
                for number, given in enumerate(params["engines"])
            ]
        # One list of waivers is for hosts with containers and for those without.
        uncovered = {item.id for item in _uncovered(subject, ())} | {f"{_UNCOVERED}-{name}" for name in _AROUND}
        known = frozenset().union(*(item.identifiers for item in self._engines)) | uncovered
        program = Program(subject.inventory, params["proxy"])
        own = UNREACHABLE if params["explain"] else ()
        given = [item for number, path in enumerate(params["vex"]) for item in read_vex(path, f"vex[{number}]")]
        waivers = read_waivers(params["waivers"], today, known.__contains__)
        scans = [item.scan(subject) for item in self._engines]
        system = tuple(dict.fromkeys(package for one in scans for package in one.system))
        found = merged([*(item for one in scans for item in one.found), *_uncovered(subject, system)])
        return Scanned(
            subject.kind,
            subject.path,
            subject.sha256,
            program.librespot,
            subject.inventory,
            system,
            subject.image,
            today,
            params["fail_on"],
            [one.as_data() for one in scans],
            judge(found, program, params["fail_on"], waivers, [*given, *own]),
            unused(waivers, found),
        )


def _surroundings(params: Mapping[str, Any], today: date, path: str) -> Surroundings:
    return Surroundings(
        Commands(),
        params["cache_dir"] or default_directory(),
        way_out(os.environ),
        today,
        timedelta(days=params["max_age"]),
        params["timeout"],
        path,
    )


def _uncovered(subject: Subject, system: Collection[SystemPackage]) -> list[Vulnerability]:
    """Return a finding for each package about which advisories of the registry say nothing.

    Around librespot, one is for the packages of a distribution, but those in *system*, at which an engine looked; one
    for other components of an SBOM; and one for what no SBOM names.
    """
    found = [
        Vulnerability(
            _crate(package.name),
            package.name,
            package.version,
            NOT_COVERED,
            f"It is from {package.foreign}, about which advisories say nothing",
            path=subject.inventory.path(package.name, package.version),
        )
        for package in subject.inventory.packages
        if package.foreign
    ]
    around = {
        _DISTRIBUTION: [package.label for package in subject.system if package not in system],
        _OTHERS: subject.others,
        _FILES: subject.files,
    }
    return found + [
        Vulnerability(
            f"{_UNCOVERED}-{name}", name, "", NOT_COVERED, f"No engine looked at {', '.join(labels)}", purl=part(name)
        )
        for name, labels in around.items()
        if labels
    ]


def _crate(name: str) -> str:
    # A crate may be called as one of the three is, but cannot have a colon in its name.
    return f"{_UNCOVERED}-{'crate:' if name in _AROUND else ''}{name}"
