# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /proc tells, asked of this process and its children."""

from __future__ import annotations

import os
import socket
import subprocess
from ipaddress import IPv4Address

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import proc
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

EVERYWHERE = str(IPv4Address(0))


def test_this_process() -> None:
    seen = proc.process(os.getpid())
    assert seen is not None
    assert seen.executable == os.readlink("/proc/self/exe")
    assert seen.status["Uid"].split()[0] == str(os.getuid())
    assert seen.namespaces["net"].startswith("net:[")
    assert "Max open files" in seen.limits
    assert any(mount.path == "/proc" and mount.kind == "proc" for mount in seen.mounts)


@pytest.mark.parametrize(
    ("family", "address", "protocol"), [(socket.AF_INET, "127.0.0.1", "tcp"), (socket.AF_INET6, "::1", "tcp6")]
)
def test_listening_sockets_are_the_process_own(family: socket.AddressFamily, address: str, protocol: str) -> None:
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        seen = proc.process(os.getpid())
        assert seen is not None
        assert (protocol, address, port) in [(item.protocol, item.address, item.port) for item in seen.sockets]
        assert proc.owner_of_port(port) == (os.getpid(), _comm(), proc.cgroup(os.getpid()))
    assert proc.owner_of_port(port) is None


@pytest.mark.parametrize(
    ("listens", "wanted", "meets"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        (EVERYWHERE, "127.0.0.2", True),
        (EVERYWHERE, "::1", False),
        ("::", "::1", True),
        ("::", "127.0.0.1", True),
        ("::1", "127.0.0.1", False),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("::ffff:127.0.0.1", "127.0.0.2", False),
    ],
)
def test_a_port_is_taken_at_an_address_or_at_all(listens: str, wanted: str, meets: bool) -> None:
    family = socket.AF_INET6 if ":" in listens else socket.AF_INET
    with socket.socket(family) as server:
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind((listens, 0))
        server.listen()
        port = server.getsockname()[1]
        mine = [(os.getpid(), _comm(), proc.cgroup(os.getpid()))]
        assert list(proc.owners_of_port(port, [wanted])) == (mine if meets else [])


def test_after_the_holder_of_the_last_socket_nobody_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, inodes = [], proc._inodes

    def look(pid: int) -> list[int]:
        looked.append(pid)
        return inodes(pid)

    monkeypatch.setattr(proc, "pids", lambda: [os.getpid(), 1])
    monkeypatch.setattr(proc, "_inodes", look)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert len(list(proc.owners_of_port(server.getsockname()[1]))) == 1
    assert looked == [os.getpid()]


@pytest.mark.parametrize("ends", [False, True])
def test_a_socket_that_goes_while_its_holder_is_sought_has_none(monkeypatch: pytest.MonkeyPatch, ends: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def nobody() -> list[int]:
            if ends:
                server.close()
            return []

        monkeypatch.setattr(proc, "pids", nobody)
        assert list(proc.owners_of_port(port)) == ([] if ends else [(0, "an unknown program", "")])


def test_another_socket_at_the_port_is_not_the_one_that_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([[proc.Socket("tcp", "127.0.0.1", 4070, inode)] for inode in (7, 8)])
    monkeypatch.setattr(proc, "receiving_sockets", lambda: next(seen))
    monkeypatch.setattr(proc, "pids", list)
    assert list(proc.owners_of_port(4070)) == []


def test_connections_are_no_receiving_sockets() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected,
    ):
        connected.connect(server.getsockname())
        ports = {item.port for item in proc.receiving_sockets()}
        assert server.getsockname()[1] in ports
        assert client.getsockname()[1] not in ports


def test_environment_and_command_line_of_a_child() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(["/usr/bin/cat", "-"], env={"A": "1=2", "B": ""}, stdin=pipe, stdout=pipe) as child:
        try:
            # The kernel shows the environment of a new program a moment after the start has returned.
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(b"up\n")
            child.stdin.flush()
            assert child.stdout.readline() == b"up\n"
            assert proc.environment(child.pid) == {"A": "1=2", "B": ""}
            assert proc.command_line(child.pid) == ["/usr/bin/cat", "-"]
            assert child.pid in proc.pids()
        finally:
            child.kill()
    assert proc.environment(child.pid) == {}
    assert proc.command_line(child.pid) == []
    assert proc.process(child.pid) is None


def test_a_cgroup_that_is_not_there() -> None:
    with pytest.raises(HostError, match="cannot be found"):
        proc.cgroup_directory("/no/such.slice")


def _comm() -> str:
    with open("/proc/self/comm", encoding="utf-8") as handle:
        return handle.read().strip()


MOUNTINFO = """\
226 104 0:49 /dir / ro,relatime master:4 - overlay overlay rw
270 226 0:72 / /proc rw,nosuid - proc proc rw
271 270 0:78 / /proc/acpi ro - tmpfs tmpfs rw,size=0k
272 271 0:77 / /proc/acpi ro,relatime - tmpfs tmpfs rw,size=0k
273 226 0:79 / /sys ro - sysfs sysfs ro
274 273 0:80 / /sys/firmware ro - tmpfs tmpfs ro
"""


def _paths(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.path, item.options) for item in proc._mounts(text)]


def test_a_mount_upon_another_covers_it() -> None:
    assert _paths(MOUNTINFO) == [
        ("/", ("ro", "relatime")),
        ("/proc", ("rw", "nosuid")),
        ("/proc/acpi", ("ro", "relatime")),
        ("/sys", ("ro",)),
        ("/sys/firmware", ("ro",)),
    ]


def test_a_mount_above_covers_all_that_was_below() -> None:
    again = "300 273 0:90 / /sys ro,nosuid - sysfs sysfs ro\n"
    paths = _paths(MOUNTINFO + again)
    assert ("/sys", ("ro", "nosuid")) in paths
    assert not {"/sys/firmware"} & {path for path, _options in paths}
    below = "301 300 0:91 / /sys/firmware ro,noexec - tmpfs tmpfs ro\n"
    assert ("/sys/firmware", ("ro", "noexec")) in _paths(MOUNTINFO + again + below)


def test_the_first_file_system_may_be_its_own_parent() -> None:
    rootfs = "1 1 0:2 / / rw - rootfs rootfs rw\n20 1 0:21 / /proc rw - proc proc rw\n"
    assert _paths(rootfs) == [("/", ("rw",)), ("/proc", ("rw",))]
