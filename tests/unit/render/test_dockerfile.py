# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Dockerfile says what the manifest says, for each architecture and release."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import (
    BUNDLE,
    PLATFORMS,
    PROBE,
    PROGRAM,
    SBOM,
    ImageFile,
    ImagePackage,
    skeleton,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.dockerfile import FILES, context
from ansible_collections.hardened.librespot.plugins.module_utils.render.image import configuration, contents, described
from ansible_collections.hardened.librespot.plugins.module_utils.render.probe import SOURCE

PROGRAM_BYTES = b"program"


def manifest(architecture: str, release: str = "12", *more: ImageFile) -> tuple[dict[str, Any], bytes]:
    """Return the manifest of an image with two libraries and *more*, and its configuration."""
    platform = PLATFORMS[architecture]
    artifact: dict[str, Any] = {
        "id": "the-artifact",
        "version": "0.8.0",
        "binary": {"sha256": "0" * 64, "architecture": architecture},
        "inputs": {},
    }
    files = [
        *skeleton(platform),
        ImageFile(PROGRAM, "the-artifact", PROGRAM_BYTES, 0o555),
        ImageFile(PROBE, "hardened.librespot", b"probe", 0o555),
        ImageFile(f"/usr{platform.loader}", "libc6", b"loader", 0o555),
        ImageFile(f"/usr/lib/{platform.triplet}/libc.so.6", "libc6", b"libc", 0o555),
        ImageFile(f"/usr/lib/{platform.triplet}/libasound.so.2", "libasound2", b"alsa", 0o555),
        *more,
    ]
    packages = [
        ImagePackage("libasound2", "1.2.8-1+b1", "any", "alsa-lib", "1.2.8-1"),
        ImagePackage("libc6", "2.36-9", "any", "glibc", "2.36-9"),
    ]
    packages += [ImagePackage("ca-certificates", "20230311", "all", "ca-certificates", "20230311")] if more else []
    config = configuration(artifact, [b""], b"sbom")
    made_of = contents(files, packages, "debian", release)
    return described("image-id", artifact, made_of, b"sbom", 3, config, b""), config


def dockerfile(architecture: str = "x86_64", release: str = "12", *more: ImageFile) -> str:
    made, config = manifest(architecture, release, *more)
    return context(made, config, PROGRAM_BYTES, b"sbom")["context/Dockerfile"].decode()


@pytest.mark.parametrize("architecture", PLATFORMS)
def test_every_file_is_copied_and_checked(architecture: str) -> None:
    made, config = manifest(architecture)
    files = context(made, config, PROGRAM_BYTES, b"sbom")
    assert tuple(files) == FILES
    text = files["context/Dockerfile"].decode()
    platform = PLATFORMS[architecture]
    for path in (PROGRAM, PROBE, SBOM, f"/usr{platform.loader}", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"):
        assert re.search(rf" /image{path}\s", text), path
    where = f"/usr/lib/{platform.triplet}"
    assert (
        f"cd {where} \\\n && install -D --mode=0555 --target-directory=/image{where} \\\n    libasound.so.2 libc.so.6\n"
        in text
    )
    sums = {path: digest for digest, path in map(str.split, files["context/SHA256SUMS"].decode().splitlines())}
    assert sums == {item["path"][1:]: item["sha256"] for item in made["files"] if "sha256" in item}
    assert sums["usr/bin/librespot"] == hashlib.sha256(files["context/librespot"]).hexdigest()
    assert files["context/probe.rs"].decode() == SOURCE
    assert "sha256sum --check --quiet /context/SHA256SUMS" in text


def test_its_base_is_pinned_and_its_end_is_from_scratch() -> None:
    text = dockerfile()
    froms = [line for line in text.splitlines() if line.startswith("FROM ")]
    assert froms == ["FROM ${BASE} AS base", "FROM base AS probe", "FROM base AS tree", "FROM scratch"]
    (pinned,) = re.findall(r"grep -Eq '([^']+)'", text)
    digest = f"sha256:{'0' * 64}"
    assert all(re.search(pinned, name) for name in (digest, f"debian@{digest}", f"example.org:5000/debian@{digest}"))
    loose = ("debian", "debian:12", digest[:-1], f"{digest}0", f"debian:{digest}", f"x{digest}", "")
    assert not any(re.search(pinned, name) for name in loose)


@pytest.mark.parametrize(("release", "compiler"), [("12", "rustc-web"), ("13", "rustc")])
def test_its_packages_are_those_of_the_release_in_the_versions_of_the_manifest(release: str, compiler: str) -> None:
    text = dockerfile("x86_64", release)
    assert f"    gcc libc6-dev {compiler} \\\n" in text
    assert "    libasound2=1.2.8-1+b1 libc6=2.36-9\n" in text
    assert f"""test "$ID $VERSION_ID" = 'debian {release}'""" in text


def test_its_end_says_what_the_configuration_says() -> None:
    made, config = manifest("x86_64")
    said = json.loads(config)["config"]
    end = context(made, config, b"", b"")["context/Dockerfile"].decode().partition("FROM scratch\n")[2].splitlines()
    assert end[0] == "COPY --from=tree /image/ /"
    found = {line.split()[0]: line.partition(" ")[2] for line in end if line}
    assert found["USER"] == said["User"]
    assert json.loads(found["ENTRYPOINT"]) == said["Entrypoint"]
    assert found["STOPSIGNAL"] == said["StopSignal"]
    assert found["HEALTHCHECK"].startswith("--interval=10s --timeout=5s --start-period=15s --retries=3 CMD [")
    labels = dict(line[len("LABEL ") :].split("=", 1) for line in end if line.startswith("LABEL "))
    assert {name: json.loads(value) for name, value in labels.items()} == {
        name: value for name, value in said["Labels"].items() if name != "hardened.librespot.artifact"
    }


def test_certificates_are_put_together_as_the_module_does_it() -> None:
    assert BUNDLE not in dockerfile()
    text = dockerfile("x86_64", "12", ImageFile(BUNDLE, "ca-certificates", b"certificates"))
    assert "find /usr/share/ca-certificates/mozilla/ -type f -print0 | LC_ALL=C sort -z | xargs -0 cat" in text
    assert "ca-certificates=20230311" in text
