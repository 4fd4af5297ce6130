# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attestations on a host: what was found out elsewhere about the releases and images that it has."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ..host.files import Files
from ..model.artifact import BINARY, MANIFEST, identifier
from ..model.attestation import CI, KINDS, PACKAGES, ROLLOUT, SCAN
from ..model.attesting import ci_statement, packages_statement, rollout_statement, scan_statements
from ..model.errors import HostError, SpecificationError
from ..model.image import IMAGE_ID
from ..model.layout import IMAGES, RELEASES, ROOT
from ..model.plan import Plan, State
from .base import Planner
from .file import DirectoryPlanner, FilePlanner
from .image import manifest_path

ATTESTATIONS = f"{ROOT}/attestations"
_SUFFIX = ".intoto.jsonl"
_NAME = re.compile(rf"(.+)\.(?:{'|'.join(KINDS)}){re.escape(_SUFFIX)}")


def attestation_path(subject: str, kind: str) -> str:
    """Return where the attestation of a *kind* about the release or image *subject*, by its id, is."""
    return f"{ATTESTATIONS}/{_stem(subject)}.{kind}{_SUFFIX}"


def _stem(subject: str) -> str:
    return subject.partition(":")[2] or subject


class OutlivedPlanner(Planner):
    """No attestation but of what is in *subjects*, the ids of releases and images.

    With *directory*, nor a directory that would hold none. Where one is being written there is one, also in check mode,
    which does not see it.
    """

    def __init__(self, files: Files, subjects: Collection[str], directory: bool) -> None:
        super().__init__(f"content of {ATTESTATIONS}")
        self._files = files
        self._stems = {_stem(subject) for subject in subjects}
        self._directory = directory

    def wanted(self) -> State:
        """Return nothing: no others."""
        return {}

    def found(self) -> State:
        """Return the others."""
        names = self._files.names(ATTESTATIONS)
        others = [name for name in names if not self._stays(name)]
        found = {f"{ATTESTATIONS}/{name}": "of what is gone" for name in others}
        if self._directory and len(others) == len(names) and self._files.read(ATTESTATIONS, content=False) is not None:
            found[ATTESTATIONS] = ""
        return found

    def apply(self, plan: Plan) -> None:
        """Remove them, the directory last."""
        for path in sorted(plan.before, reverse=True):
            self._files.remove(path)

    def _stays(self, name: str) -> bool:
        found = _NAME.fullmatch(name)
        return found is not None and found.group(1) in self._stems


def releases_here(files: Files) -> list[str]:
    """Return the ids of the releases on the host."""
    return files.names(RELEASES)


def images_here(files: Files) -> list[str]:
    """Return the ids of the images on the host, by their manifests."""
    return [f"sha256:{name[: -len('.json')]}" for name in files.names(IMAGES) if name.endswith(".json")]


def attestation_planners(files: Files, params: Mapping[str, Any]) -> list[Planner]:
    """Return what leaves on the host what the module's *params* attest of one release or image that it has."""
    subject, sha256 = _about(files, params)
    texts = {}
    if params["scan"]:
        texts[SCAN] = scan_statements(subject, sha256, params["scan"], SCAN)
    if params["rollout"]:
        texts[ROLLOUT] = rollout_statement(subject, sha256, params["rollout"], ROLLOUT)
    if params["packages"]:
        texts[PACKAGES] = packages_statement(subject, sha256, params["packages"], PACKAGES)
    if params["ci"]:
        texts[CI] = ci_statement(subject, sha256, params["ci"], CI)
    if not texts:
        raise SpecificationError("subject", subject, "has nothing attested", f"Give {' or '.join(KINDS)}")
    return [
        DirectoryPlanner(files, ATTESTATIONS, along=ROOT),
        *(FilePlanner(files, attestation_path(subject, kind), text) for kind, text in texts.items()),
        OutlivedPlanner(files, [*releases_here(files), *images_here(files)], directory=False),
    ]


def no_attestation_planners(files: Files, stay: Collection[str] = ()) -> list[Planner]:
    """Return what removes all attestations but those about *stay*, ids of releases and images."""
    return [OutlivedPlanner(files, stay, directory=True)]


def _about(files: Files, params: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id and the digest of the release or image that is meant: the named one, or what the CI looked at."""
    if params["subject"]:
        return str(params["subject"]), subject_digest(files, str(params["subject"]))
    asked = params["ci"].get("sha256") if params["ci"] else None
    if not asked:
        raise SpecificationError("subject", "", "is missing", "Write the id of a release or image on the host")
    for subject in (*releases_here(files), *images_here(files)):
        with contextlib.suppress(HostError):
            if subject_digest(files, subject) == asked:
                return subject, str(asked)
    raise HostError(f"What has sha256 {asked} is not on this host", "Let the CI scan what the host runs")


def subject_digest(files: Files, subject: str) -> str:
    """Return the digest by which scans know the release or image *subject*: of the program, or of the archive.

    Raises `HostError` when the host does not have it whole.
    """
    if IMAGE_ID.fullmatch(subject):
        entry = files.read(manifest_path(subject))
        if entry is None:
            raise HostError(f"The image {subject} is not on this host", "Get it there with the module image first")
        return str(json.loads(entry.content)["archive"]).partition(":")[2]
    release = f"{RELEASES}/{identifier(subject, 'subject')}"
    manifest, program = files.read(f"{release}/{MANIFEST}"), files.read(f"{release}/{BINARY}")
    if manifest is None or program is None:
        raise HostError(f"The release {subject} is not on this host", "Activate it with the module release first")
    sha256 = hashlib.sha256(program.content).hexdigest()
    if json.loads(manifest.content)["binary"]["sha256"] != sha256:
        raise HostError(f"The program of {subject} is not the one of its manifest", "Install the release again")
    return sha256
