# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPD-08: where the running binary comes from, and whether it is still the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..model.artifact import CRATE, identifier_from
from ..model.errors import HostError
from ..model.finding import WAIVED, Finding
from ..model.instance import Instance
from ..model.layout import RELEASES
from ..model.releases import known_release
from ..planners.base import HOST
from .context import Context, each, finding, guarded, not_running


def look(context: Context) -> Iterator[Finding]:
    """Yield UPD-08 of the active release and of each running binary."""
    if context.spec.present:
        yield from guarded("UPD-08", "source", HOST, lambda: _source(context))
        yield from each(context, "UPD-08", "running binary", _running)


def _manifest(context: Context) -> Mapping[str, Any]:
    path = f"{RELEASES}/{context.host.active_release()}/manifest.json"
    entry = context.host.files.read(path)
    if entry is None:
        raise HostError(f"{path} does not exist", "Install a release with the role librespot_install")
    manifest: Mapping[str, Any] = json.loads(entry.content)
    return manifest


def _source(context: Context) -> Iterator[Finding]:
    manifest = _manifest(context)
    inputs = manifest["inputs"]
    expected = f"librespot {context.spec.version}, built from the official crate with the pinned digest"
    evidence = f"{RELEASES}/{context.host.active_release()}/manifest.json"
    wrong = []
    # A manifest and its checksums can be altered together, the name that follows from the inputs cannot.
    if identifier_from(inputs) != context.host.active_release():
        wrong.append("its name does not follow from the inputs that its manifest states")
    elif inputs["method"] != CRATE:
        said = f"method {inputs['method']}, not official"
        yield finding("UPD-08", "source", HOST, True, expected, said, evidence, WAIVED)
        return
    if manifest["version"] != context.spec.version:
        wrong.append(f"it is version {manifest['version']}")
    known = known_release(manifest["version"])
    if known is not None and inputs.get("crate_sha256") != known.crate.sha256:
        wrong.append(f"its crate has the digest {inputs.get('crate_sha256')}, not the pinned {known.crate.sha256}")
    said = "; ".join(wrong) or (expected if known else "a version with a digest that the user pinned")
    status = WAIVED if known is None and not wrong else ""
    yield finding("UPD-08", "source", HOST, not wrong, expected, said, evidence, status)


def _running(context: Context, instance: Instance) -> Iterator[Finding]:
    main = context.main(instance)
    wanted = str(_manifest(context)["binary"]["sha256"])
    if main is None:
        yield not_running(context, "UPD-08", "running binary", instance, f"sha256 {wanted}")
        return
    with open(f"/proc/{main.pid}/exe", "rb") as handle:
        seen = hashlib.sha256(handle.read()).hexdigest()
    yield finding(
        "UPD-08",
        "running binary",
        instance.name,
        seen == wanted,
        f"sha256 {wanted}",
        f"sha256 {seen}",
        f"/proc/{main.pid}/exe",
    )
