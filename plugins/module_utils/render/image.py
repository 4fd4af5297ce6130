# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image as engines load it (``docker load``, ``podman load``), made of nothing but its inputs.

An engine that builds stamps the time into what it makes, so that no two builds are the same; here every byte follows
from the files, and so does the image's id, which is the digest of its configuration.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..model.image import (
    ARTIFACT_LABEL,
    OURS,
    PLATFORMS,
    PROBE,
    PROGRAM,
    SBOM,
    SBOM_LABEL,
    USER,
    ImageFile,
    ImagePackage,
)
from ..model.instance import DEFAULT_PORT

_MANIFEST = "manifest.json"
_FORMAT = 1


def tag(artifact: Mapping[str, Any]) -> str:
    """Return the name and tag under which an engine has the image of *artifact*. Containers of ours use its id."""
    return f"hardened-librespot:{artifact['version']}"


def epoch(artifact: Mapping[str, Any]) -> int:
    """Return the time of all that is in the image, in seconds since 1970: that of the source, if it is known."""
    return int(artifact["inputs"].get("source_date_epoch", 0))


def layer(files: Sequence[ImageFile], artifact: Mapping[str, Any]) -> bytes:
    """Return *files* with their directories as a tar archive: sorted, of root, and all of the time of *artifact*."""
    archive, time = io.BytesIO(), epoch(artifact)
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in _directories(files):
            _add(tar, path, 0o555, tarfile.DIRTYPE, time)
        for item in sorted(files, key=lambda file: file.path):
            kind = tarfile.SYMTYPE if item.target else tarfile.REGTYPE
            mode = 0o777 if item.target else item.mode
            _add(tar, item.path, mode, kind, time, item.content, item.target)
    return archive.getvalue()


def _directories(files: Iterable[ImageFile]) -> list[str]:
    parts = [item.path.strip("/").split("/")[:-1] for item in files]
    return sorted({"/".join(names[: count + 1]) for names in parts for count in range(len(names))})


def _add(
    tar: tarfile.TarFile, path: str, mode: int, kind: bytes, time: int, content: bytes = b"", to: str = ""
) -> None:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.type, member.mode, member.mtime, member.linkname, member.size = kind, mode, time, to, len(content)
    tar.addfile(member, io.BytesIO(content))


def sbom_file(sbom: bytes) -> ImageFile:
    """Return the file of an image that has its *sbom*.

    It is a layer of its own: the SBOM names the layer of everything else by its digest, and the configuration names
    both, so that neither needs a digest of what it is part of.
    """
    return ImageFile(SBOM, OURS, sbom)


def configuration(artifact: Mapping[str, Any], layers: Sequence[bytes], sbom: bytes) -> bytes:
    """Return the configuration of an image of *artifact*, by its manifest; its digest is the image's id.

    It says for whoever runs the image by hand what a container of ours is told anyway.
    """
    platform = PLATFORMS[artifact["binary"]["architecture"]]
    created = datetime.fromtimestamp(epoch(artifact), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    variant = {"variant": platform.variant} if platform.variant else {}
    found = {
        "architecture": platform.engine,
        **variant,
        "os": "linux",
        "created": created,
        "config": {
            "User": f"{USER}:{USER}",
            "Env": ["PATH=/usr/bin", "RUST_BACKTRACE=0"],
            "Entrypoint": [PROGRAM],
            "WorkingDir": "/",
            "Labels": {**labels(artifact, created), SBOM_LABEL: digest(sbom)},
            # librespot says goodbye on SIGINT alone, and as process 1 would not even hear SIGTERM.
            "StopSignal": "SIGINT",
            "Healthcheck": healthcheck(DEFAULT_PORT),
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(content) for content in layers]},
        "history": [{"created": created, "created_by": "hardened.librespot.image_build"} for _layer in layers],
    }
    return _encode(found)


def labels(artifact: Mapping[str, Any], created: str) -> dict[str, str]:
    """Return the labels of the OCI's image specification, and those by which an image is known to be ours."""
    return {
        "org.opencontainers.image.title": "librespot",
        "org.opencontainers.image.description": "Spotify Connect speaker: librespot, its libraries, and nothing else",
        "org.opencontainers.image.version": artifact["version"],
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.source": "https://github.com/librespot-org/librespot",
        "org.opencontainers.image.licenses": "MIT",
        ARTIFACT_LABEL: artifact["id"],
        "hardened.librespot.sha256": artifact["binary"]["sha256"],
    }


def healthcheck(port: int) -> dict[str, Any]:
    """Return how an engine asks an instance at *port* for a sign of life; times are in nanoseconds."""
    second = 1_000_000_000
    return {
        "Test": ["CMD", PROBE, str(port)],
        "Interval": 10 * second,
        "Timeout": 5 * second,
        "StartPeriod": 15 * second,
        "Retries": 3,
    }


def image_archive(config: bytes, layers: Sequence[bytes], tag: str) -> bytes:
    """Return the image as one archive in the form of ``docker save``, named *tag*; engines of all ages load it."""
    names = [f"{hashlib.sha256(content).hexdigest()}.tar" for content in layers]
    configured = f"{hashlib.sha256(config).hexdigest()}.json"
    said = _encode([{"Config": configured, "RepoTags": [tag], "Layers": names}])
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in ((_MANIFEST, said), (configured, config), *zip(names, layers)):
            _add(tar, name, 0o444, tarfile.REGTYPE, 0, content)
    return archive.getvalue()


def listed(files: Sequence[ImageFile]) -> list[dict[str, Any]]:
    """Return every one of *files* with its digest and where it is from, as the manifest has them."""
    return [
        {
            "path": item.path,
            "mode": f"{item.mode:04o}",
            "size": len(item.content),
            "sha256": hashlib.sha256(item.content).hexdigest(),
            "origin": item.origin,
        }
        if not item.target
        else {"path": item.path, "target": item.target, "origin": item.origin}
        for item in sorted(files, key=lambda file: file.path)
    ]


def contents(
    files: Sequence[ImageFile], packages: Sequence[ImagePackage], distribution: str, release: str
) -> dict[str, Any]:
    """Return of what an image is made: its files, and the packages of a *release* of the *distribution*."""
    return {
        "files": listed(files),
        "packages": [
            {
                "name": item.name,
                "version": item.version,
                "architecture": item.architecture,
                "source": item.source,
                "source_version": item.source_version,
            }
            for item in sorted(packages, key=lambda package: package.name)
        ],
        "distribution": distribution,
        "release": release,
    }


def described(
    identifier: str,
    artifact: Mapping[str, Any],
    made_of: Mapping[str, Any],
    sbom: bytes,
    packages: int,
    config: bytes,
    archive: bytes,
) -> dict[str, Any]:
    """Return the manifest of an image that is made of `contents` and its *sbom*, which names so many *packages*.

    *config* is its configuration, *archive* what `image_archive` made of it.
    """
    files = sorted([*made_of["files"], *listed([sbom_file(sbom)])], key=lambda item: str(item["path"]))
    return {
        **made_of,
        "format": _FORMAT,
        "id": identifier,
        "image": digest(config),
        "archive": digest(archive),
        "artifact": artifact["id"],
        "version": artifact["version"],
        "architecture": artifact["binary"]["architecture"],
        "sbom": {"path": SBOM, "digest": digest(sbom), "packages": packages},
        "size": sum(item.get("size", 0) for item in files),
        "files": files,
    }


def digest(content: bytes) -> str:
    """Return what the image specification calls *content*."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _encode(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
