# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large an image of ours is, beside librespot and its libraries alone, and beside the usual image with a Debian."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROGRAM
from tests.attacks.hosts import Target
from tests.attacks.tables import show
from tests.images.engine import received, send
from tests.support.images import Made, members

MOST_OVERHEAD = 1.15
USUAL = "the-usual-image"
# What the slim variant of Debian's own image leaves out.
SLIM = "/usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /usr/share/lintian /usr/share/groff"
INSTALL = f"""\
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libasound2
apt-get clean
rm -rf /var/lib/apt/lists/* {SLIM}
dpkg-query --show | wc --lines
"""
LIBRARY = re.compile(r"/usr/lib(64)?/.*\.so\.\d+")


@dataclass(frozen=True)
class Size:
    """What is in an image, and how much."""

    files: int
    octets: int


def usual(host: Target, base: str, image: Made) -> tuple[Size, int]:
    """Return the size of a slim Debian with librespot and what it needs, and how many packages it has."""
    send(host, image.archive.parent / "context", "/root/usual")
    ran = host.out("docker", "run", "--name", USUAL, "--network=host", base, "sh", "-euc", INSTALL, timeout=600)
    try:
        host.out("chmod", "755", "/root/usual/librespot")
        host.out("docker", "cp", "/root/usual/librespot", f"{USUAL}:{PROGRAM}")
        said = host.out("docker", "commit", "--change", f'ENTRYPOINT ["{PROGRAM}"]', USUAL).strip()
        assert host.out("docker", "run", "--rm", said, "--version").startswith("librespot 0.8.0")
        found = [
            len(content) for member, content in members(received(host, "docker", "export", USUAL)) if member.isreg()
        ]
    finally:
        host.out("docker", "rm", "--force", USUAL)
    return Size(len(found), sum(found)), int(ran.splitlines()[-1])


def test_it_is_small(host: Target, base: str, image: Made) -> None:
    regular = {f"/{member.name}": len(content) for member, content in image.members() if member.isreg()}
    needed = [size for path, size in regular.items() if path == PROGRAM or LIBRARY.fullmatch(path)]
    ours, alone = Size(len(regular), sum(regular.values())), Size(len(needed), sum(needed))
    other, packages = usual(host, base, image)
    sbom = image.said["sbom"]["packages"]
    crates = sbom - len(image.manifest["packages"])
    rows = [
        ("librespot and its libraries alone", alone, ""),
        ("ours", ours, f"{sbom}: {crates} crates and {sbom - crates} of the distribution"),
        (
            "slim Debian with librespot",
            other,
            f"{crates + packages}: {crates} crates and {packages} of the distribution",
        ),
    ]
    show(
        "size of an image",
        ["image", "files", "bytes", "times", "packages"],
        [
            [what, str(size.files), f"{size.octets:,}", f"{size.octets / alone.octets:.3f}", listed]
            for what, size, listed in rows
        ],
    )
    assert len(needed) > 3
    assert ours.octets <= MOST_OVERHEAD * alone.octets
    assert ours.octets < other.octets
    assert ours.files < other.files
