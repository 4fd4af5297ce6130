# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's files say, laid out below a directory, and a parser that is played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.apparmor import AppArmor, enforced
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import CommandError, HostError


class Parser(Commands):
    """Compiles a profile to its own text, and refuses one that says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def run(self, argv: Sequence[str], *_given: Any, stdin: str = "", **_named: Any) -> Result:
        self.asked.append(tuple(argv))
        if "wrong" in stdin:
            raise CommandError(tuple(argv), 1, "AppArmor parser error at line 2: syntax error")
        return Result(tuple(argv), 0, stdin, "", stdin.encode())


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """Return where sysfs is, of a kernel that enforces two profiles."""
    switch = tmp_path / "module/apparmor/parameters/enabled"
    switch.parent.mkdir(parents=True)
    switch.write_text("Y\n")
    held = tmp_path / "kernel/security/apparmor"
    place = held / "policy/profiles/librespot-kitchen.37"
    place.mkdir(parents=True)
    (place / "raw_data").write_bytes(b"compiled")
    (held / "profiles").write_text("/usr/bin/man (complain)\nlibrespot-kitchen (enforce)\nnvidia//a b (enforce)\n")
    (held / ".remove").write_text("")
    return tmp_path


def test_it_is_enforced_when_it_is_on_and_seen(kernel: Path) -> None:
    assert enforced(str(kernel))
    (kernel / "module/apparmor/parameters/enabled").write_text("N\n")
    assert not enforced(str(kernel))


def test_inside_a_container_it_is_not_ours_to_use(kernel: Path) -> None:
    (kernel / "kernel/security/apparmor/profiles").unlink()
    assert not enforced(str(kernel))


def test_a_kernel_without_it(tmp_path: Path) -> None:
    assert not enforced(str(tmp_path))


def test_modes_and_policies(kernel: Path) -> None:
    seen = AppArmor(Parser(), str(kernel))
    assert (seen.mode("librespot-kitchen"), seen.mode("/usr/bin/man"), seen.mode("librespot")) == (
        "enforce",
        "complain",
        "",
    )
    assert (seen.policy("librespot-kitchen"), seen.policy("librespot")) == (b"compiled", None)


def test_compiling_loads_nothing_and_a_refusal_is_said() -> None:
    parser = Parser()
    seen = AppArmor(parser)
    assert seen.compiled("text") == b"text"
    assert {"--skip-kernel-load", "--stdout"} <= set(parser.asked[0])
    with pytest.raises(HostError, match="syntax error"):
        seen.load("wrong")
    assert "--replace" in parser.asked[1]


def test_it_is_removed_by_its_name(kernel: Path) -> None:
    AppArmor(Parser(), str(kernel)).unload("librespot-kitchen")
    assert (kernel / "kernel/security/apparmor/.remove").read_text() == "librespot-kitchen"
