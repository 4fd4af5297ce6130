# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes the program out of a Debian package. Nothing else of the package is unpacked, installed or run."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import zlib
from collections.abc import Callable

from ..model.aptrepository import armoured_key, find_file, find_package
from ..model.errors import HostError
from ..model.recipes import PackageSource
from .archive import one_file
from .command import Commands
from .workplace import Built, Say, Workplace

_PROGRAM = "usr/bin/librespot"
_COMPRESSIONS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    (".xz", lzma.decompress),
    (".gz", gzip.decompress),
    ("", bytes),
)
_SIGNED = "[GNUPG:] VALIDSIG "


class PackageExtraction:
    """Extracts in *workplace*, with *download* as the way to an address."""

    def __init__(self, commands: Commands, workplace: Workplace, download: Callable[[str], bytes], say: Say) -> None:
        self._commands = commands
        self._workplace = workplace
        self._download = download
        self._say = say

    def extract(self, source: PackageSource) -> Built:
        """Return the program of *source*. Raises `HostError` for whatever is not as it was signed or pinned."""
        with self._workplace.scratch() as scratch:
            facts = {"package": source.package, "package_version": source.package_version}
            if source.repository:
                facts = {**facts, "repository": source.repository}
                url, signed_sha256, facts["signed_by"] = self._signed(source, scratch)
            else:
                url, signed_sha256 = source.url, ""
            self._say(f"downloading {source.package}")
            package = self._download(url)
            digest = hashlib.sha256(package).hexdigest()
            for said, pinned in (("the repository says", signed_sha256), ("pinned is", source.deb_sha256)):
                if pinned and digest != pinned:
                    raise HostError(
                        f"The package has the digest {digest}, {said} {pinned}",
                        "Nothing was taken from it; find out which of the two was changed",
                    )
            self._workplace.write(f"{scratch}/package.deb", package)
            tree = self._commands.run(["dpkg-deb", "--fsys-tarfile", f"{scratch}/package.deb"], timeout=120).raw
            return Built(one_file(tree, _PROGRAM, "the package"), {**facts, "deb_sha256": digest})

    def _signed(self, source: PackageSource, scratch: str) -> tuple[str, str, str]:
        """Return the package's address, its digest, and the fingerprint of the key that vouches for both."""
        self._say(f"asking the repository for {source.package} {source.package_version}")
        suite = f"{source.repository}/dists/{source.suite}"
        release, fingerprint = self._verified(self._download(f"{suite}/InRelease"), source.key, scratch)
        index = self._index(release, suite, f"{source.component}/binary-{source.architecture}/Packages")
        path, digest = find_package(index, source.package, source.package_version, source.architecture)
        return f"{source.repository}/{path}", digest, fingerprint

    def _verified(self, signed: bytes, key: str, scratch: str) -> tuple[str, str]:
        """Return the text that the signature in *signed* covers, and no other, with the key's fingerprint."""
        self._workplace.write(f"{scratch}/InRelease", signed)
        self._workplace.write(f"{scratch}/key.gpg", armoured_key(key))
        said = self._commands.run(
            ["gpgv", "--status-fd", "1", "--keyring", f"{scratch}/key.gpg", "--output", f"{scratch}/Release"]
            + [f"{scratch}/InRelease"],
            ok=(),
        )
        valid = [line[len(_SIGNED) :].split()[-1] for line in said.stdout.splitlines() if line.startswith(_SIGNED)]
        if said.returncode != 0 or not valid:
            raise HostError(
                "The repository is not signed with the key that was given",
                "Nothing was taken from it. Get the key again by a way that you trust, and compare",
            )
        return self._workplace.read(f"{scratch}/Release").decode("utf-8", "replace"), valid[0]

    def _index(self, release: str, suite: str, path: str) -> str:
        """Return the list of packages, verified against the signed *release*."""
        for suffix, decompress in _COMPRESSIONS:
            pinned = find_file(release, f"{path}{suffix}")
            if not pinned:
                continue
            index = self._download(f"{suite}/{path}{suffix}")
            if hashlib.sha256(index).hexdigest() != pinned:
                raise HostError(f"{path}{suffix} is not what the repository signed", "Try again, or ask its maintainer")
            try:
                return decompress(index).decode("utf-8", "replace")
            except (lzma.LZMAError, OSError, EOFError, zlib.error) as error:
                raise HostError(f"{path}{suffix} cannot be read: {error}", "Ask the repository's maintainer") from error
        raise HostError(f"The repository has no {path}", "Look at suite, component and architecture")
