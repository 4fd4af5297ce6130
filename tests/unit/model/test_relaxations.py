# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.relaxations import parse_relaxations


def read(name: str, **parameters: Any) -> None:
    parse_relaxations({name: {"reason": "a test", **parameters}}, "r")


@pytest.mark.parametrize("path", ["/srv/music", "/home/alice/Music", "/mnt/nas/records", "/media/disk"])
def test_directories_of_ones_own_can_be_opened(path: str) -> None:
    read("media", paths=[path])


@pytest.mark.parametrize(
    "path", ["/run", "/proc", "/dev", "/sys/kernel", "/root", "/etc", "/var", "/var/lib", "/run/dbus", "/usr", "/tmp"]
)
def test_what_belongs_to_the_system_cannot(path: str) -> None:
    with pytest.raises(SpecificationError, match=r"^r\.media\.paths\[0\]: .* would open /"):
        read("media", paths=[path])


@pytest.mark.parametrize(
    "path", ["/run/systemd/pipe", "/var/tmp/pipe", "/var/log/pipe", "/root/.ssh/pipe", "/var/spool/cron/crontabs/pipe"]
)
def test_nor_can_a_pipe_lie_there(path: str) -> None:
    with pytest.raises(SpecificationError, match=r"^r\.fifo\.path: .* would open /"):
        read("fifo", path=path)


def test_nor_a_socket() -> None:
    with pytest.raises(SpecificationError, match="would open /run/docker"):
        read("pulseaudio", socket="/run/docker/sock")


@pytest.mark.parametrize("group", ["root", "shadow", "docker", "sudo", "disk"])
def test_no_group_with_power_of_its_own(group: str) -> None:
    with pytest.raises(SpecificationError, match=r"^r\.fifo\.group: .* has more power"):
        read("fifo", path="/run/snapserver/librespot", group=group)


@pytest.mark.parametrize(
    ("name", "example"), [("fifo", "path: /run/"), ("hooks", r"programs: \[/usr/"), ("media", r"paths: \[/srv/")]
)
def test_what_is_missing_is_shown_by_an_example(name: str, example: str) -> None:
    with pytest.raises(SpecificationError, match=f"is missing. Write it, as {example}"):
        read(name)
