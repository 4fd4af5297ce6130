# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts for tests that need more than one release and do not want to build it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import BINARY, LOCK, MANIFEST, SBOM
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import ArtifactCache


def sibling(artifact: Path, directory: Path) -> dict[str, str]:
    """Return id and path of an artifact in *directory* that has the program of *artifact* under another identifier."""
    manifest = json.loads((artifact / MANIFEST).read_text(encoding="utf-8"))
    manifest["id"] = f"{manifest['id'].rpartition('-')[0]}-{'0' * 12}"
    program, *beside = ((artifact / name).read_bytes() for name in (BINARY, SBOM, LOCK))
    made = ArtifactCache(str(directory)).publish(
        manifest["id"], program, manifest, dict(zip((SBOM, LOCK), beside, strict=True))
    )
    return {"id": manifest["id"], "path": made.path}
