# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host lacks, and what has it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.build_host import BuildHost
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import Target
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts

FEATURES = ("alsa-backend", "rustls-tls-webpki-roots", "with-libmdns")
COMPLETE = {
    "cargo": "cargo 1.85.0 (x)",
    "rustc": "rustc 1.85.0 (x)",
    "cc": "cc 12",
    "pkg-config": "1.8",
    "alsa": "1.2.8",
}


class Tools(Commands):
    """A host with the tools and libraries *there*. What apt-get installs is there afterwards, except *nowhere*."""

    def __init__(self, there: dict[str, str], nowhere: bool = False) -> None:
        self.there = dict(there)
        self.nowhere = nowhere
        self.installed: list[str] = []

    def run(self, argv: Sequence[str], *args: Any, **options: Any) -> Result:
        del args, options
        if argv[0] == "apt-get":
            if argv[1] == "install":
                self.installed = [name for name in argv[2:] if not name.startswith("-")]
                self.there.update({} if self.nowhere else COMPLETE)
            return Result(tuple(argv), 0, "", "")
        name = argv[-1] if "--modversion" in argv else argv[0]
        if argv[0] not in self.there:
            raise HostError(f"{argv[0]} is not installed", "")
        found = name in self.there
        return Result(tuple(argv), 0 if found else 1, f"{self.there.get(name, '')}\n", "")


def host(tools: Tools, release: str = "13", architecture: str = "x86_64", glibc: str = "2.36") -> BuildHost:
    facts = Facts(
        architecture=architecture,
        distribution="debian",
        release=release,
        python=(3, 11),
        glibc=glibc,
        running_systemd=False,
        systemd=0,
        bpf_framework=False,
        unified_cgroups=False,
        controllers=(),
        ipv6=True,
        processors=2,
        root=True,
    )
    return BuildHost(tools, facts)


def without(*names: str) -> dict[str, str]:
    return {name: text for name, text in COMPLETE.items() if name not in names}


def test_a_complete_host_is_taken_as_it_is() -> None:
    tools = Tools(COMPLETE)
    assert host(tools).toolchain(FEATURES, (1, 85), install=True).versions["rustc"] == "rustc 1.85.0 (x)"
    assert tools.installed == []


@pytest.mark.parametrize(
    ("there", "release", "packages"),
    [
        (without("cargo"), "12", "cargo-web rustc-web"),
        (without("rustc"), "13", "cargo rustc"),
        ({**COMPLETE, "rustc": "rustc 1.63.0 (x)"}, "12", "cargo-web rustc-web"),
        (without("cc"), "13", "gcc libc6-dev"),
        (without("pkg-config"), "13", "libasound2-dev pkg-config"),
        (without("alsa"), "13", "libasound2-dev"),
        ({}, "12", "cargo-web gcc libasound2-dev libc6-dev pkg-config rustc-web"),
    ],
)
def test_the_error_names_the_packages_of_this_release(there: dict[str, str], release: str, packages: str) -> None:
    with pytest.raises(HostError, match=f"--no-install-recommends {packages};"):
        host(Tools(there), release).toolchain(FEATURES, (1, 85), install=False)


def test_what_no_feature_needs_is_not_asked_for() -> None:
    toolchain = host(Tools(without("alsa"))).toolchain(("with-libmdns",), (1, 85), install=False)
    assert toolchain.versions["cargo"] == "cargo 1.85.0 (x)"


def test_what_is_missing_can_be_installed() -> None:
    tools = Tools(without("cc", "alsa"))
    host(tools).toolchain(FEATURES, (1, 85), install=True)
    assert tools.installed == ["gcc", "libasound2-dev", "libc6-dev"]


def test_an_installation_that_does_not_help_is_an_error() -> None:
    with pytest.raises(HostError, match="lacks a C compiler"):
        host(Tools(without("cc"), nowhere=True)).toolchain(FEATURES, (1, 85), install=True)


class TestOther:
    def test_another_architecture_is_refused(self) -> None:
        with pytest.raises(HostError, match="The build host is aarch64"):
            host(Tools(COMPLETE), architecture="aarch64").refuse_other(Target("0.8.0", "x86_64", "glibc2.36"))

    def test_a_newer_glibc_than_the_baseline_is_refused(self) -> None:
        with pytest.raises(HostError, match=r"glibc 2\.41, newer than the baseline"):
            host(Tools(COMPLETE), glibc="2.41").refuse_other(Target("0.8.0", "x86_64", "glibc2.36"))

    def test_an_older_one_is_not(self) -> None:
        host(Tools(COMPLETE), glibc="2.31").refuse_other(Target("0.8.0", "x86_64", "glibc2.36"))
