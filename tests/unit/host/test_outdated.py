# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an image is older than what apt would get now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.image_build import ImageBuild
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts

ARTIFACT: dict[str, Any] = {
    "id": "the-artifact",
    "version": "0.8.0",
    "binary": {"architecture": "x86_64", "libraries": ["libasound.so.2", "libc.so.6"]},
    "inputs": {"features": ["rustls-tls-webpki-roots"]},
}
SIMULATED = """Reading package lists...
Inst gcc-12-base (12.2.0-14+deb12u1 Debian:12.14/oldstable [amd64]) []
Inst libc6 (2.36-9+deb12u14 Debian:12.14/oldstable [amd64]) []
Inst libasound2-data (1.2.8-1 Debian:12.14/oldstable [all])
Inst libasound2 (1.2.8-1+deb12u1 localhost [amd64])
Conf libasound2 (1.2.8-1+deb12u1 localhost [amd64])
"""
ORDER = ["1.2.7-1", "1.2.8-1", "1.2.8-1+b1", "1.2.8-1+deb12u1", "2.36-9+deb12u9", "2.36-9+deb12u14"]
"""As dpkg has it."""


class Apt(Commands):
    """A host whose apt-get says *simulated*, and *warned* on an update; what it was asked is in *asked*."""

    def __init__(self, simulated: str, warned: str = "") -> None:
        self.simulated = simulated
        self.warned = warned
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], *args: Any, **options: Any) -> Result:
        del args, options
        if argv[0] == "dpkg":
            _dpkg, how, one, relation, other = argv
            assert (how, relation) == ("--compare-versions", "gt")
            return Result(tuple(argv), int(ORDER.index(one) <= ORDER.index(other)), "", "")
        assert argv[0] == "apt-get"
        self.asked += [word for word in argv if word in ("update", "install", "--simulate", "download")]
        if "update" in argv:
            assert "APT::Update::Error-Mode=any" in argv
            return Result(tuple(argv), 0, "Reading package lists...\n", self.warned)
        return Result(tuple(argv), 0, self.simulated if "--simulate" in argv else "", "")


class Broken(Commands):
    """A host that does not reach its mirror."""

    def run(self, argv: Sequence[str], *args: Any, **options: Any) -> Result:
        del args
        raise HostError(f"{argv[0]} ended with 100: no route", str(options["remedy"]))


def outdated(
    commands: Commands, path: Path, packages: Mapping[str, str], release: str = "12", again: bool = False
) -> list[dict[str, str]]:
    facts = Facts(
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
        processors=1,
        root=True,
        udev=False,
        nft=(),
        apparmor=False,
    )
    workplace = Workplace(Files(), str(path))
    named = [{"name": name, "version": version} for name, version in packages.items()]
    known = {"distribution": "debian", "release": release, "packages": named}
    return ImageBuild(commands, workplace, facts, {}, lambda _what: None).outdated(ARTIFACT, known, again)


def test_what_is_newer_is_named_with_both_versions_and_nothing_is_downloaded(tmp_path: Path) -> None:
    apt = Apt(SIMULATED)
    found = outdated(
        apt, tmp_path, {"libasound2": "1.2.8-1+b1", "libc6": "2.36-9+deb12u9", "libasound2-data": "1.2.8-1"}
    )
    assert found == [
        {"name": "libasound2", "from": "1.2.8-1+b1", "to": "1.2.8-1+deb12u1"},
        {"name": "libc6", "from": "2.36-9+deb12u9", "to": "2.36-9+deb12u14"},
    ]
    assert apt.asked == ["update", "install", "--simulate"]
    assert list(tmp_path.iterdir()) == []


def test_one_of_another_release_that_is_made_again_gets_other_packages(tmp_path: Path) -> None:
    packages = {"libc6": "2.36-9+deb12u14", "libasound1": "1.0.27-1"}
    expected = [
        {"name": "libc6", "from": "2.36-9+deb12u14", "to": "2.36-9+deb12u14"},
        {"name": "libasound1", "from": "1.0.27-1", "to": ""},
    ]
    assert outdated(Apt(SIMULATED), tmp_path, packages, "11", again=True) == expected
    assert outdated(Apt(SIMULATED), tmp_path, packages, again=True) == expected[1:]


def test_what_the_distribution_has_no_more_is_not_current(tmp_path: Path) -> None:
    found = outdated(Apt(SIMULATED), tmp_path, {"libc6": "2.36-9+deb12u14", "libasound1": "1.0.27-1"})
    assert found == [{"name": "libasound1", "from": "1.0.27-1", "to": ""}]


def test_what_is_the_same_or_older_is_not(tmp_path: Path) -> None:
    simulated = SIMULATED.replace("1.2.8-1+deb12u1", "1.2.7-1")
    assert outdated(Apt(simulated), tmp_path, {"libasound2": "1.2.8-1+b1", "libc6": "2.36-9+deb12u14"}) == []


@pytest.mark.parametrize(
    "warned",
    [
        "W: Failed to fetch http://deb.example.org/dists/bookworm-updates/InRelease  Could not resolve the name\n",
        "W: Some index files failed to download. They have been ignored, or old ones used instead.\n",
    ],
)
def test_a_source_that_an_older_apt_passes_over_is_an_error(tmp_path: Path, warned: str) -> None:
    with pytest.raises(HostError, match="did not reach all sources: W: ") as error:
        outdated(Apt(SIMULATED, warned), tmp_path, {"libc6": "2.36-9+deb12u14"})
    assert "mirror" in error.value.remedy


def test_another_warning_of_apt_is_none(tmp_path: Path) -> None:
    warned = "W: http://deb.example.org/InRelease: Key is stored in legacy trusted.gpg keyring\n"
    assert outdated(Apt(SIMULATED, warned), tmp_path, {"libc6": "2.36-9+deb12u14"}) == []


def test_what_cannot_be_compared_is_not_current(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="The image is made of debian 13, and the build host is debian 12"):
        outdated(Apt(SIMULATED), tmp_path, {}, "13")
    with pytest.raises(HostError, match="names no package that it would install"):
        outdated(Apt("Reading package lists...\n"), tmp_path, {})
    with pytest.raises(HostError, match="way to its mirror"):
        outdated(Broken(), tmp_path, {})
