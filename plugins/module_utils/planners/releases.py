# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module ``release`` does to a host, from its parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host.command import Commands
from ..host.facts import gather
from ..host.files import Files
from ..host.libraries import Libraries
from ..host.upload import Upload, read_upload, refuse_broken, refuse_foreign
from ..model.artifact import CHECKSUMS, FILES, MANIFEST, decode_checksums, digests, identifier, sha256
from ..model.errors import HostError, SpecificationError
from ..model.layout import RELEASES
from ..model.plan import Plan
from .active import Active, Links
from .attestations import images_here, no_attestation_planners
from .base import Planner, converge
from .release import Gone, Kept, Loadable
from .release_tree import ROOT_OWNER, Owner, Place, Tree

PRESENT = "present"
ROLLBACK = "rollback"
ABSENT = "absent"


@dataclass(frozen=True)
class Outcome:
    """What was done, or would be. *missing* says that the artifact has to be uploaded before anything can be."""

    identifier: str
    previous: str
    plans: list[Plan] = field(default_factory=list)
    missing: bool = False

    @property
    def version(self) -> str:
        """The version of librespot that the active release is; empty when there is none."""
        return self.identifier.partition("-")[0]


class Releases:
    """The releases of one host."""

    def __init__(self, commands: Commands, files: Files, libraries: Libraries, owner: Owner = ROOT_OWNER) -> None:
        self._commands = commands
        self._files = files
        self._libraries = libraries
        self._owner = owner

    def run(self, params: Mapping[str, Any], check: bool) -> Outcome:
        """Do what the module's *params* ask for; nothing is changed when *check*."""
        links = Links(self._files)
        if params["state"] == ABSENT:
            attested = no_attestation_planners(self._files, images_here(self._files))
            # In check mode they are still there when it looks.
            going = [path for planner in attested for path in planner.found()]
            return Outcome("", "", converge([*attested, Gone(self._files, going)], check))
        if params["keep"] < 0:
            raise SpecificationError("keep", params["keep"], "is no number of releases", "Write 0 or more")
        protected = [identifier(item, f"protect[{place}]") for place, item in enumerate(params["protect"]) if item]
        params = {**params, "protect": protected}
        if params["state"] == ROLLBACK:
            name = identifier(params["id"], "id") if params["id"] else self._previous(links)
            checksums = self._own_checksums(name)
            if not checksums:
                raise HostError(f"The release {name} is not on this host", "Activate a release with state: present")
            return self._activate(name, checksums, None, links, params, check)
        name = identifier(params["id"], "id")
        checksums = _checksums(params["checksums"]) or self._own_checksums(name)
        upload = read_upload(self._files, params["src"], checksums) if params["src"] else None
        binary = upload.manifest["binary"] if upload is not None else params["binary"]
        if self._tree(name, checksums, None).plan().changed:
            if binary:
                refuse_foreign(binary, gather(self._commands, self._files))
            if upload is None and not check:
                return Outcome(links.current, links.previous, missing=True)
        return self._activate(name, checksums, upload, links, {**params, "binary": binary}, check)

    def _activate(
        self,
        name: str,
        checksums: Mapping[str, str],
        upload: Upload | None,
        links: Links,
        params: Mapping[str, Any],
        check: bool,
    ) -> Outcome:
        binary = params["binary"] or self._manifest(name, checksums).get("binary")
        active = Active(self._files, name, links)
        libraries = binary["libraries"] if binary else []
        planners: list[Planner] = [
            Loadable(self._libraries, libraries, params["install_libraries"]),
            Place(self._files, self._owner),
            self._tree(name, checksums, upload),
            active,
        ]
        plans = converge(planners, check)
        after = Links(self._files)
        needed = [name, *filter(None, (links.current, after.previous)), *params["protect"]]
        kept = Kept(self._files, needed, params["keep"])
        plans += converge([kept], check)
        return Outcome(name, after.previous, plans)

    def installed(self, name: str) -> list[Planner]:
        """Return what looks at the installed release *name*, for the audit."""
        return [Place(self._files, self._owner), self._tree(name, self._own_checksums(name), None)]

    def _tree(self, name: str, checksums: Mapping[str, str], upload: Upload | None) -> Tree:
        def probe(directory: str) -> None:
            if upload is not None:
                refuse_broken(self._commands, directory, upload.manifest["version"])

        return Tree(self._files, name, checksums, upload, probe, self._owner)

    @staticmethod
    def _previous(links: Links) -> str:
        if not links.previous or links.previous == links.current:
            raise HostError(
                "This host has no previous release", "Give the id of one that is installed, or deploy another"
            )
        return links.previous

    def _own_checksums(self, name: str) -> dict[str, str]:
        """Return what an installed release says about itself: it shows damage, and no more than that."""
        entry = self._files.read(f"{RELEASES}/{name}/{CHECKSUMS}")
        if entry is None:
            return {}
        return {**decode_checksums(entry.content), **digests({CHECKSUMS: entry.content})}

    def _manifest(self, name: str, checksums: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the manifest of an installed release; empty when it is not there or damaged."""
        entry = self._files.read(f"{RELEASES}/{name}/{MANIFEST}")
        if entry is None or digests({MANIFEST: entry.content})[MANIFEST] != checksums.get(MANIFEST):
            return {}
        manifest: Mapping[str, Any] = json.loads(entry.content)
        return manifest


def _checksums(given: Mapping[str, Any] | None) -> dict[str, str]:
    if not given:
        return {}
    if sorted(given) != sorted(FILES):
        raise SpecificationError("checksums", given, "does not name the files of an artifact", f"Name {FILES}")
    return {name: sha256(str(given[name]), f"checksums[{name}]") for name in FILES}
