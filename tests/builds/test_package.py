# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program out of a Debian package, from an apt repository that the test builds, signs and serves."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.package import PackageExtraction
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built, Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import PackageSource

BASE = "https://apt.example.org/raspotify"
PROGRAM = b"\x7fELF the program"
VERSION = "0.48.1~librespot.v0.8.0"


class Signer:
    """A key of the test's own."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        self._gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--yes", "--passphrase", ""]
        subprocess.run([*self._gpg, "--quick-gen-key", "Test <test@example.org>", "ed25519"], check=True)
        self.key = subprocess.run([*self._gpg, "--armor", "--export"], check=True, capture_output=True).stdout.decode()

    def sign(self, text: bytes) -> bytes:
        return subprocess.run([*self._gpg, "--clear-sign"], input=text, check=True, capture_output=True).stdout


class Repository:
    """An apt repository in memory, with one package whose scripts would leave a trace if they ran."""

    def __init__(self, root: Path, signer: Signer) -> None:
        self.root = root
        self.signer = signer
        self.trace = root / "a-script-ran"
        self.served: dict[str, bytes] = {}
        self.deb = self._package()
        self.publish()

    def _package(self) -> bytes:
        tree = self.root / "package"
        for directory in ("DEBIAN", "usr/bin", "usr/lib/systemd/system"):
            (tree / directory).mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            f"Package: raspotify\nVersion: {VERSION}\nArchitecture: amd64\n"
            "Maintainer: Test <test@example.org>\nDescription: x\n"
        )
        for script in ("preinst", "postinst"):
            (tree / "DEBIAN" / script).write_text(f"#!/bin/sh\ntouch {self.trace}\n")
            (tree / "DEBIAN" / script).chmod(0o755)
        (tree / "usr/bin/librespot").write_bytes(PROGRAM)
        (tree / "usr/bin/other").symlink_to("/etc/passwd")
        (tree / "usr/lib/systemd/system/raspotify.service").write_text("[Service]\n")
        target = self.root / "raspotify.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(tree), str(target)], check=True)
        return target.read_bytes()

    def publish(self, **fields: str) -> None:
        paragraph = {
            "Package": "raspotify",
            "Version": VERSION,
            "Architecture": "amd64",
            "Filename": "pool/raspotify.deb",
            "SHA256": hashlib.sha256(self.deb).hexdigest(),
            **fields,
        }
        older = "Package: raspotify\nVersion: 0.1\nArchitecture: amd64\nFilename: pool/old.deb\nSHA256: 0\n\n"
        index = gzip.compress((older + "".join(f"{key}: {value}\n" for key, value in paragraph.items())).encode())
        path = "main/binary-amd64/Packages.gz"
        release = f"Suite: raspotify\nSHA256:\n {hashlib.sha256(index).hexdigest()} {len(index)} {path}\n"
        self.served = {
            f"{BASE}/dists/raspotify/InRelease": self.signer.sign(release.encode()),
            f"{BASE}/dists/raspotify/{path}": index,
            f"{BASE}/pool/raspotify.deb": self.deb,
        }

    def download(self, url: str) -> bytes:
        return self.served[url]

    def extract(self, **changed: Any) -> Built:
        given = {
            "url": "",
            "repository": BASE,
            "suite": "raspotify",
            "component": "main",
            "package": "raspotify",
            "package_version": VERSION,
            "architecture": "amd64",
            "key": self.signer.key,
            "deb_sha256": "",
            **changed,
        }
        workplace = Workplace(Files(), str(self.root / "work"))
        with workplace.occupied("a test", 1):
            extraction = PackageExtraction(Commands(), workplace, self.download, lambda _line: None)
            built = extraction.extract(PackageSource(**given))
        assert {path.name for path in (self.root / "work").iterdir()} == {"lock"}
        return built


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("keys") / "ours")


@pytest.fixture
def repository(tmp_path: Path, signer: Signer) -> Iterator[Repository]:
    repository = Repository(tmp_path, signer)
    yield repository
    assert not repository.trace.exists()


class TestRepository:
    def test_the_program_comes_out_and_nothing_else(self, repository: Repository) -> None:
        built = repository.extract()
        assert built.binary == PROGRAM
        assert built.facts["deb_sha256"] == hashlib.sha256(repository.deb).hexdigest()
        assert len(built.facts["signed_by"]) == 40

    def test_another_key_is_refused(self, repository: Repository, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="not signed with the key"):
            repository.extract(key=Signer(tmp_path / "theirs").key)

    def test_what_is_no_key_is_refused(self, repository: Repository) -> None:
        with pytest.raises(LibrespotError, match=r"^key: "):
            repository.extract(key="trust me")

    @pytest.mark.parametrize("part", ["InRelease", "Packages.gz", "raspotify.deb"])
    def test_one_byte_changed_on_the_way(self, repository: Repository, part: str) -> None:
        url = next(url for url in repository.served if url.endswith(part))
        content = repository.served[url]
        middle = content.index(b"Suite") if part == "InRelease" else len(content) // 2
        repository.served[url] = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        with pytest.raises(HostError):
            repository.extract()

    def test_text_beside_the_signed_one_does_not_count(self, repository: Repository) -> None:
        url = f"{BASE}/dists/raspotify/InRelease"
        evil = b"\nSHA256:\n " + b"0" * 64 + b" 1 main/binary-amd64/Packages.xz\n"
        repository.served[url] = evil + repository.served[url]
        assert repository.extract().binary == PROGRAM

    def test_a_version_that_is_not_there(self, repository: Repository) -> None:
        with pytest.raises(HostError, match=f"It has: 0.1, {VERSION}"):
            repository.extract(package_version="9")

    @pytest.mark.parametrize("path", ["/etc/passwd", "../../x.deb", ""])
    def test_a_path_out_of_the_repository(self, repository: Repository, path: str) -> None:
        repository.publish(Filename=path)
        with pytest.raises(HostError, match="without a usable path"):
            repository.extract()

    def test_a_second_pin_must_agree(self, repository: Repository) -> None:
        with pytest.raises(HostError, match="pinned is 0000"):
            repository.extract(deb_sha256="0" * 64)


class TestAddress:
    def test_the_pinned_package(self, repository: Repository) -> None:
        digest = hashlib.sha256(repository.deb).hexdigest()
        built = repository.extract(url=f"{BASE}/pool/raspotify.deb", repository="", key="", deb_sha256=digest)
        assert built.binary == PROGRAM

    def test_another_package(self, repository: Repository) -> None:
        with pytest.raises(HostError, match="pinned is 0000"):
            repository.extract(url=f"{BASE}/pool/raspotify.deb", repository="", key="", deb_sha256="0" * 64)
