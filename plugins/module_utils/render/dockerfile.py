# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same image as a Dockerfile, for people who want to read how it is made, or to make it by hand.

It is written from the image's own manifest and configuration, so it cannot say anything else than they do.
"""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ..model.image import (
    ARTIFACT_LABEL,
    BUNDLE,
    CERTIFICATES,
    PLATFORMS,
    PROBE,
    PROGRAM,
    SBOM,
    ImageFile,
    Platform,
    skeleton,
)
from ..model.rust import C_COMPILER, rust_packages
from .probe import FLAGS, SOURCE

CONTEXT = "context"
"""The directory beside the image's archive that ``docker build`` is given."""

_DOCKERFILE, _PROGRAM, _PROBE, _SBOM, _SUMS = "Dockerfile", "librespot", "probe.rs", "librespot.cdx.json", "SHA256SUMS"
FILES = tuple(f"{CONTEXT}/{name}" for name in (_DOCKERFILE, _PROGRAM, _PROBE, _SBOM, _SUMS))
"""All files of it."""

_TREE = "/image"
_WIDTH = 118
_SECOND = 1_000_000_000

_HEAD = """\
# {identifier} made by hand: the files of image.tar beside this directory.
# Their times differ, since an engine that builds sets them itself, and so the id of the image does.
#
#   DOCKER_BUILDKIT=0 docker build --network host --build-arg BASE=sha256:DIGEST .
#
# BASE is {distribution} {release} by its digest; docs/containers.md tells how to get one, with a registry or without.

ARG BASE
FROM ${{BASE}} AS base
ARG BASE
# A name without a digest is another base tomorrow.
RUN echo "$BASE" | grep -Eq '(^|@)sha256:[0-9a-f]{{64}}$' \\
 || {{ echo "BASE=$BASE is not pinned: write NAME@sha256:DIGEST, or the image id of a bootstrap" >&2; exit 1; }}
RUN . /etc/os-release && test "$ID $VERSION_ID" = '{distribution} {release}' \\
 || {{ echo "BASE is another system than {distribution} {release}, whose packages these are" >&2; exit 1; }}
"""

_CHECK = """\
# Whatever came out otherwise than in the manifest, a newer package or compiler mostly, ends the build here.
RUN cd {tree} && sha256sum --check --quiet {sums} && find . -mindepth 1 -type d -exec chmod 0555 {{}} +

FROM scratch
COPY --from=tree {tree}/ /
"""

_INSTALL = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends"


def context(manifest: Mapping[str, Any], config: bytes, program: bytes, sbom: bytes) -> dict[str, bytes]:
    """Return the files of the directory with which a person makes the image of *manifest* by hand.

    *config* is its configuration, *program* and *sbom* are files of it.
    """
    sums = [f"{item['sha256']}  {item['path'].lstrip('/')}\n" for item in manifest["files"] if "sha256" in item]
    contents = (
        dockerfile(manifest, json.loads(config)).encode(),
        program,
        SOURCE.encode(),
        sbom,
        "".join(sums).encode(),
    )
    return dict(zip(FILES, contents))


def dockerfile(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Return the Dockerfile of the image of *manifest* with this *config*."""
    platform = PLATFORMS[manifest["architecture"]]
    head = _HEAD.format(identifier=manifest["id"], distribution=manifest["distribution"], release=manifest["release"])
    check = _CHECK.format(tree=_TREE, sums=f"/{CONTEXT}/{_SUMS}")
    parts = [head, _probe(manifest), _packages(manifest), _skeleton(platform), _ours(), _copies(manifest, platform)]
    return "\n".join([*parts, check + _settings(config["config"])])


def _probe(manifest: Mapping[str, Any]) -> str:
    _cargo, rustc = rust_packages(manifest["distribution"], manifest["release"])
    return f"""\
# The health check, from its source.
FROM base AS probe
WORKDIR /{CONTEXT}
COPY {_PROBE} ./
RUN {_INSTALL} \\
    {" ".join((*C_COMPILER, rustc))} \\
 && rustc \\
{_wrapped([*FLAGS, "-o", "probe", _PROBE])}
"""


def _packages(manifest: Mapping[str, Any]) -> str:
    return f"""\
# The libraries and what they read.
FROM base AS tree
RUN {_INSTALL} \\
{_wrapped([f"{item['name']}={item['version']}" for item in manifest["packages"]])}
"""


def _skeleton(platform: Platform) -> str:
    files = skeleton(platform)
    directories = sorted({f"{_TREE}/{item.target}" for item in files if item.target} | {f"{_TREE}/etc"})
    return "# What a program expects of any system.\n" + _run(
        [f"mkdir -p {' '.join(directories)}", *(command for item in files for command in _small(item))]
    )


def _small(item: ImageFile) -> list[str]:
    where = f"{_TREE}{item.path}"
    if item.target:
        return [f"ln -s {item.target} {where}"]
    lines = " ".join(shlex.quote(line) for line in item.content.decode().splitlines())
    return [f"printf '%s\\n' {lines} > {where}", f"chmod {item.mode:04o} {where}"]


def _ours() -> str:
    installed = (("0555", _PROGRAM, PROGRAM), ("0555", "probe", PROBE), ("0444", _SBOM, SBOM))
    return f"""\
# librespot as the module build made it, the health check, and the SBOM.
WORKDIR /{CONTEXT}
COPY {_PROGRAM} {_SBOM} {_SUMS} ./
COPY --from=probe /{CONTEXT}/probe ./
""" + _run([f"install -D --mode={mode} {name} {_TREE}{path}" for mode, name, path in installed])


def _copies(manifest: Mapping[str, Any], platform: Platform) -> str:
    """Return how the files of the packages come into the tree: a command for each directory of each package."""
    packages = {item["name"] for item in manifest["packages"]}
    files = [item for item in manifest["files"] if item["origin"] in packages]
    # The interpreter's path in its package is a link on some architectures, and in some releases there is none.
    loader = platform.loader.rpartition("/")[2]
    commands = [f"install -D --mode=0555 /usr/lib/{platform.triplet}/{loader} {_TREE}/usr{platform.loader}"]
    if any(item["path"] == BUNDLE for item in files):
        (directory,) = CERTIFICATES.paths
        commands += [
            f"mkdir -p {_TREE}{BUNDLE.rpartition('/')[0]}",
            f"find {directory} -type f -print0 | LC_ALL=C sort -z | xargs -0 cat > {_TREE}{BUNDLE}",
            f"chmod 0444 {_TREE}{BUNDLE}",
        ]
    plain = [item for item in files if item["path"] not in (BUNDLE, f"/usr{platform.loader}")]
    for (directory, mode), found in groupby(sorted(plain, key=_place), key=_place):
        names = _wrapped([item["path"].rpartition("/")[2] for item in found])
        install = f"install -D --mode={mode} --target-directory={_TREE}{directory}"
        commands += [f"cd {directory}", f"{install} \\\n{names}"]
    return "# What librespot loads, and what that reads.\n" + _run(commands)


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["path"].rpartition("/")[0], item["mode"]


def _settings(config: Mapping[str, Any]) -> str:
    """Return the configuration of the image as instructions.

    Without the label by which the module ``image`` knows those that it loaded: it would remove this one with them.
    """
    health = config["Healthcheck"]
    every, patience, start = (health[name] // _SECOND for name in ("Interval", "Timeout", "StartPeriod"))
    labels = {name: value for name, value in config["Labels"].items() if name != ARTIFACT_LABEL}
    return "\n".join(
        [
            *(f"LABEL {name}={json.dumps(value)}" for name, value in labels.items()),
            *(f"ENV {setting}" for setting in config["Env"]),
            f"USER {config['User']}",
            f"WORKDIR {config['WorkingDir']}",
            f"HEALTHCHECK --interval={every}s --timeout={patience}s --start-period={start}s "
            f"--retries={health['Retries']} CMD {json.dumps(health['Test'][1:])}",
            f"STOPSIGNAL {config['StopSignal']}",
            f"ENTRYPOINT {json.dumps(config['Entrypoint'])}",
            "",
        ]
    )


def _run(commands: Sequence[str]) -> str:
    return "RUN " + " \\\n && ".join(commands) + "\n"


def _wrapped(words: Sequence[str]) -> str:
    """Return *words* as the last lines of a shell command."""
    lines = textwrap.wrap(" ".join(words), _WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(f"    {line}" for line in lines)
