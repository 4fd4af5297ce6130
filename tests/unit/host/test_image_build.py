# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes into an image."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.image_build import Gathered, ImageBuild
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts

PACKAGES = {"libc6": ("ld-linux-x86-64.so.2", "libc.so.6"), "libgcc-s1": ("libgcc_s.so.1",)}
LOADER, LIBC, LIBGCC = (name for names in PACKAGES.values() for name in names)
FACTS = Facts(
    architecture="x86_64",
    distribution="debian",
    release="12",
    python=(3, 11),
    glibc="2.36",
    running_systemd=False,
    systemd=0,
    bpf_framework=False,
    unified_cgroups=True,
    controllers=(),
    ipv6=True,
    processors=2,
    root=True,
)


class Distribution(Commands):
    """A host with these packages; *loads* has for what a program's file contains the libraries that it loads."""

    def __init__(self, loads: Mapping[bytes, Sequence[str]]) -> None:
        self._loads = loads

    def run(self, argv: Sequence[str], *args: Any, **options: Any) -> Result:
        del args, options
        said = ""
        if "--simulate" in argv:
            said = "".join(f"Inst {name} (1 Debian:12 [amd64])\n" for name in PACKAGES)
        elif "download" in argv:
            archives = argv[1].partition("=")[2]
            for name in PACKAGES:
                Path(archives, f"{name}.deb").touch()
        elif "--show" in argv:
            name = Path(argv[-1]).stem
            said = f"{name}\n1\namd64\n{name}\n1"
        elif "--extract" in argv:
            place = Path(argv[-1], "lib/x86_64-linux-gnu")
            place.mkdir(parents=True)
            for name in PACKAGES[Path(argv[-1]).name]:
                (place / name).write_text(name, encoding="utf-8")
        elif "--list" in argv:
            places = {name: place for place in argv[3].split(":") if os.path.isdir(place) for name in os.listdir(place)}
            loads = self._loads[Path(argv[-1]).read_bytes()]
            said = "".join(f"\t{name} => {places[name]}/{name} (0x00007f0000000000)\n" for name in (*loads, LOADER))
        return Result(tuple(argv), 0, said, "")


def gathered(tmp_path: Path, program: Sequence[str], probe: Sequence[str]) -> Gathered:
    """Return what comes into the image of a *program* that loads these libraries, with a *probe* that loads those."""
    path = tmp_path / "librespot"
    path.write_bytes(b"the program")
    artifact = {
        "id": "the-artifact",
        "binary": {
            "architecture": "x86_64",
            "libraries": list(program),
            "sha256": hashlib.sha256(b"the program").hexdigest(),
        },
        "inputs": {"features": ["rustls-tls-webpki-roots"]},
    }
    commands = Distribution({b"the program": program, b"the probe": probe})
    workplace = Workplace(Files(), str(tmp_path / "work"))
    with workplace.occupied("a test", 1):
        build = ImageBuild(commands, workplace, FACTS, {}, lambda _what: None)
        return build.gather(artifact, str(path), b"the probe")


def test_the_health_check_has_its_libraries(tmp_path: Path) -> None:
    found = gathered(tmp_path, program=[LIBC], probe=[LIBC, LIBGCC])
    assert f"/usr/lib/x86_64-linux-gnu/{LIBGCC}" in [item.path for item in found.files]
    assert [item.name for item in found.packages] == ["libc6", "libgcc-s1"]


def test_a_library_of_both_comes_once(tmp_path: Path) -> None:
    found = gathered(tmp_path, program=[LIBC, LIBGCC], probe=[LIBC, LIBGCC])
    paths = [item.path for item in found.files]
    assert len(paths) == len(set(paths))


def test_nothing_comes_that_is_not_loaded(tmp_path: Path) -> None:
    found = gathered(tmp_path, program=[LIBC], probe=[LIBC])
    assert [item.name for item in found.packages] == ["libc6"]
