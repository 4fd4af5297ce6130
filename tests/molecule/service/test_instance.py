# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each instance as declared, seen in its effects. Read only, so that it can run again after whatever happened."""

from __future__ import annotations

import re

import pytest
from testinfra.host import Host

from ansible_collections.hardened.librespot.tests.molecule.speaker import Speaker

VERSION = "0.8.0"
MDNS = 5353
WORST_EXPOSURE = 1.1


def test_it_answers_with_its_name_and_version(speaker: Speaker) -> None:
    if speaker.discovery:
        answer = speaker.ask()
        assert answer is not None
        assert answer["remoteName"] == speaker.options.get("name", speaker.name)
        assert answer["libraryVersion"] == VERSION
    else:
        assert speaker.up()
        assert speaker.ask() is None


def test_it_answers_on_the_network(speaker: Speaker) -> None:
    addresses = speaker.addresses
    assert addresses
    for address in addresses:
        asked = speaker.ask(f"[{address}]" if ":" in address else address)
        assert (asked is not None) == speaker.discovery, address


def test_it_runs_without_rights(speaker: Speaker) -> None:
    status = speaker.status()
    number = str(speaker.host.user(speaker.user).uid)
    assert status["Uid"].split() == [number] * 4
    assert number != "0"
    assert "0" not in status["Gid"].split()
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_its_user_cannot_log_in(speaker: Speaker) -> None:
    user = speaker.host.user(speaker.user)
    assert user.shell == "/usr/sbin/nologin"
    assert user.password in ("!", "!*", "*")
    assert user.uid < 1000


def test_it_has_no_sockets_but_the_declared_ones(speaker: Speaker) -> None:
    assert speaker.sockets("tcp") == ({speaker.port} if speaker.discovery else set())
    assert speaker.sockets("udp") <= ({MDNS} if speaker.discovery else set())


def test_its_exposure(speaker: Speaker) -> None:
    text = speaker.host.check_output("systemd-analyze security --no-pager %s", speaker.unit)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", text)
    assert score is not None
    assert float(score.group(1)) <= WORST_EXPOSURE, text


def test_options_arrive_literally(speaker: Speaker) -> None:
    found = speaker.environment()
    for name, value in speaker.options.items():
        variable = f"LIBRESPOT_{name.upper().replace('-', '_')}"
        if isinstance(value, bool):
            assert (variable in found) == value or found[variable] == ("on" if value else "off")
        elif not isinstance(value, list):
            assert found[variable] == str(value)


def test_no_variable_names_a_secret(speaker: Speaker) -> None:
    assert not [name for name in speaker.environment() if re.search("PASSWORD|TOKEN|USERNAME", name)]


@pytest.mark.parametrize("reader", ["nobody", "instance"])
def test_settings_and_credentials_are_for_root_alone(speaker: Speaker, reader: str) -> None:
    host = speaker.host
    who = speaker.user if reader == "instance" else reader
    for path in ("/etc/librespot", "/etc/librespot/credentials"):
        directory = host.file(path)
        assert (directory.user, directory.group, directory.mode) == ("root", "root", 0o700)
    settings = host.file(f"/etc/librespot/{speaker.name}.env")
    assert (settings.user, settings.group, settings.mode) == ("root", "root", 0o600)
    for path in ("/etc/librespot", settings.path, f"/etc/librespot/credentials/{speaker.name}.json"):
        assert host.run("setpriv --reuid=%s --clear-groups cat %s", who, path).failed


def test_nobody_else_can_write_what_it_runs(speaker: Speaker) -> None:
    host = speaker.host
    binary = host.check_output("readlink /proc/%s/exe", str(speaker.pid))
    assert binary.startswith("/opt/librespot/releases/")
    for path in (binary, f"/etc/systemd/system/{speaker.unit}"):
        parts = path.split("/")
        for end in range(2, len(parts) + 1):
            item = host.file("/".join(parts[:end]))
            assert (item.user, item.group) == ("root", "root"), item.path
            assert not item.mode & 0o022, item.path


def test_its_file_system_is_empty_but_for_what_it_needs(speaker: Speaker) -> None:
    root = f"/proc/{speaker.pid}/root"
    for path in ("root", "home", "var/lib", "usr/bin", "usr/sbin", "boot", "srv"):
        relaxed = "hooks" in speaker.spec.get("relaxations", {}) and path.startswith("usr/")
        # Directories are shared mount points of all instances; they hold nothing.
        found = speaker.host.run("find %s -xdev -not -type d", f"{root}/{path}").stdout.split()
        assert not found or relaxed, path
    mounts = [line.split() for line in speaker.read("mountinfo").splitlines()]
    options = {row[4]: row[5].split(",") for row in mounts}
    assert "ro" in options["/"]


def test_instances_cannot_touch_each_other(speaker: Speaker, speakers: list[Speaker]) -> None:
    for other in speakers:
        if other.name == speaker.name:
            continue
        host = speaker.host
        assert speaker.status()["Uid"] != other.status()["Uid"]
        for kind in ("mnt", "user", "ipc"):
            namespaces = {host.check_output("readlink /proc/%s/ns/%s", str(who.pid), kind) for who in (speaker, other)}
            assert len(namespaces) == 2, kind
        for command in (f"kill -0 {other.pid}", f"cat /proc/{other.pid}/environ", f"ls /proc/{other.pid}/root/"):
            assert host.run("setpriv --reuid=%s --clear-groups sh -c %s", speaker.user, command).failed


def test_it_starts_at_boot(speaker: Speaker) -> None:
    for unit in (speaker.unit, f"librespot-{speaker.name}-watchdog.timer"):
        assert speaker.host.service(unit).is_enabled
        assert speaker.host.service(unit).is_running


def test_nothing_of_ours_has_failed(host: Host) -> None:
    assert host.check_output("systemctl list-units --failed --no-legend --plain 'librespot*'") == ""
