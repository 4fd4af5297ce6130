# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked for beside the defaults: limits, relaxations, and an instance without discovery."""

from __future__ import annotations

import time

from ansible_collections.hardened.librespot.tests.molecule.speaker import BACK_S, Speaker, within

MIB = 1024**2


def by_name(speakers: list[Speaker], name: str) -> Speaker:
    return next(item for item in speakers if item.name == name)


def inside(speaker: Speaker, *argv: str) -> bool:
    """Tell whether a command succeeds with the file system that the instance has."""
    command = "nsenter --target=%s --mount --" + " %s" * len(argv)
    return bool(speaker.host.run(command, str(speaker.pid), *argv).succeeded)


def test_limits_are_the_declared_ones(speakers: list[Speaker]) -> None:
    living, study = by_name(speakers, "living-room"), by_name(speakers, "study")
    shown = {name: living.show(name) for name in ("MemoryMax", "MemoryHigh", "MemorySwapMax", "TasksMax", "IOWeight")}
    assert shown == {
        "MemoryMax": str(96 * MIB),
        "MemoryHigh": str(80 * MIB),
        "MemorySwapMax": str(8 * MIB),
        "TasksMax": "40",
        "IOWeight": "10",
    }
    assert living.show("CPUQuotaPerSecUSec") == "350ms"
    assert (study.show("MemoryMax"), study.show("CPUQuotaPerSecUSec")) == (str(64 * MIB), "200ms")
    limits = {row[:25].strip(): row[25:].split()[0] for row in living.read("limits").splitlines()[1:]}
    assert (limits["Max open files"], limits["Max core file size"]) == ("256", "0")


def test_temporary_files_are_bounded(speakers: list[Speaker]) -> None:
    living = by_name(speakers, "living-room")
    size = living.host.check_output("stat --file-system --format='%%b %%S' /proc/%s/root/scratch", str(living.pid))
    blocks, length = map(int, size.split())
    assert blocks * length == 8 * MIB


def test_the_pipe_can_be_written_and_only_there(speakers: list[Speaker]) -> None:
    living, study = by_name(speakers, "living-room"), by_name(speakers, "study")
    assert inside(living, "/usr/bin/test", "-p", "/run/snapserver/librespot")
    options = {row.split()[4]: row.split()[5].split(",") for row in living.read("mountinfo").splitlines()}
    assert "rw" in options["/run/snapserver"]
    assert living.host.run("test -e /proc/%s/root/run/snapserver/librespot", str(study.pid)).failed


def test_hooks_can_be_run_by_the_instance_that_has_them(speakers: list[Speaker]) -> None:
    living, study = by_name(speakers, "living-room"), by_name(speakers, "study")
    assert inside(living, "/usr/local/bin/librespot-event")
    assert not inside(study, "/usr/local/bin/librespot-event")
    assert not inside(study, "/usr/bin/true")


def test_the_disk_is_there_for_the_instance_that_asked(speakers: list[Speaker]) -> None:
    living, study = by_name(speakers, "living-room"), by_name(speakers, "study")
    for base in ("/var/lib", "/var/cache"):
        directory = living.host.file(f"{base}/librespot/{living.name}")
        assert (directory.user, directory.mode) == (living.user, 0o700)
        assert not living.host.file(f"{base}/librespot/{study.name}").exists


def test_music_can_be_read_and_not_written(speakers: list[Speaker]) -> None:
    study = by_name(speakers, "study")
    options = {row.split()[4]: row.split()[5].split(",") for row in study.read("mountinfo").splitlines()}
    assert "ro" in options["/srv/music"]
    assert "--local-file-dir=/srv/music" in study.read("cmdline").split("\0")


def test_stored_credentials_are_read_by_their_instance_alone(speakers: list[Speaker]) -> None:
    living, study = by_name(speakers, "living-room"), by_name(speakers, "study")
    stored = study.host.file("/etc/librespot/credentials/study.json")
    assert (stored.user, stored.group, stored.mode) == ("root", "root", 0o400)
    found = "find /proc/%s/root -xdev -name credentials.json"
    assert study.host.check_output(found + " -o -path '*credentials/*' -name '*.json'", str(study.pid)) == ""
    given = f"/proc/{study.pid}/root/run/credentials/{study.unit}/credentials.json"
    assert "bm90aGluZw==" in study.host.check_output("cat %s", given)
    assert living.host.run("cat %s", f"/proc/{living.pid}/root/run/credentials/{study.unit}/credentials.json").failed
    assert living.host.run("setpriv --reuid=%s --clear-groups cat %s", living.user, given).failed


def test_without_discovery_another_sign_of_life_is_watched(speakers: list[Speaker]) -> None:
    study = by_name(speakers, "study")
    before = study.pid
    time.sleep(BACK_S)
    assert study.pid == before, "it was restarted although all was well"
    study.host.check_output("kill -STOP %s", str(before))
    assert within(BACK_S, lambda: study.pid not in (0, before) and study.up())
