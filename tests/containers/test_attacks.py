# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attacks from inside: code that runs as librespot in a container of ours, and in a plain one of the same files."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.catalogue import ATTACKS
from tests.attacks.deployment import HERE, compiled
from tests.attacks.tables import show
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import away, plain
from tests.containers.speaker import NAME, Speaker
from tests.containers.within import Bait, armed, twin
from tests.support.hosts import BUILDER

_PROBE = "/attack/probe"
_SETUID = "/attack/setuid"

# What refuses a plain container these, before anyone hardens it.
NAMESPACES = "the engine's namespaces"
FILTER = "the engine's filter of system calls, or a capability that it withholds"
OPTIONAL = {attack.name for _number, attack in ATTACKS if attack.optional}
PLAIN_REFUSES = dict.fromkeys(
    (
        *("list_homes", "read_home", "read_ssh_key", "read_loose_ssh_key", "read_other_login", "read_loaded_login"),
        *("read_loose_login", "read_root_home", "read_other_environment", "write_unit", "write_home"),
        *("docker_socket", "system_bus", "service_manager", "see_other_process", "see_any_other_process"),
        *("signal_other_process", "shared_memory_of_others"),
    ),
    NAMESPACES,
) | dict.fromkeys(
    (
        *("mount_privately", "user_namespace", "mount_in_user_namespace", "clone_namespace", "bpf_map", "keyring"),
        *("load_module", "reboot_wrongly", "io_uring", "fault_handler", "real_time", "kernel_log", "vsock"),
        *("write_kernel_setting", "read_means_execute"),
    ),
    FILTER,
)
# What one engine's own filter refuses and another's does not.
BY_ENGINE = {"io_uring", "vsock"}


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled probe."""
    return compiled(HERE / "probe" / "probe.c", tmp_path_factory.mktemp("probe"))


@pytest.fixture
def baited(running: Speaker, probe: Path) -> Iterator[Speaker]:
    """Return the host with both containers, and for each an image with the probe.

    The plain one has besides what any image of a distribution has; ours has the directories, so that it is not their
    absence that refuses.
    """
    plain(running)
    program = probe.read_bytes()
    directories = ("attack", "root", "home", "opt", "usr/local", "usr/local/bin", "etc", "etc/cron.d", "var", "var/tmp")
    common = {
        **{name: Bait(None, 0o1777 if name == "var/tmp" else 0o755) for name in directories},
        _PROBE: Bait(program, 0o755),
        _SETUID: Bait(program, 0o4755),
        "/etc/shadow": Bait(b"root:*:20000:0:99999:7:::\n", 0o640),
    }
    armed(running, running.inspect()["Image"], "attacked-ours", common)
    # Where the image's libc is from.
    shell = subprocess.run(["docker", "exec", BUILDER, "cat", "/bin/sh"], check=True, capture_output=True).stdout
    armed(running, "plain", "attacked-plain", {**common, "bin": Bait(None, 0o755), "/bin/sh": Bait(shell, 0o755)})
    yield running
    running.docker("image", "rm", "attacked-ours", "attacked-plain")
    away(running)


def _facts(speaker: Speaker, scratch: str) -> list[str]:
    facts = {
        "victim": speaker.inspect(NAME)["State"]["Pid"],
        "credentials": "/etc/librespot/credentials/bedroom.json",
        "loaded": "/run/credentials/librespot-bedroom.service/credentials.json",
        "binary": "/usr/bin/librespot",
        "unit": "/etc/systemd/system/hardened-librespot-containers.service",
        "setuid": _SETUID,
        "scratch": scratch,
    }
    return [f"{key}={value}" for key, value in facts.items()]


def _attempts(speaker: Speaker, of: str, scratch: str) -> dict[str, str]:
    """Return how each attempt ended: its name to "succeeded" or what the kernel said.

    Each is a process that the engine starts in the sandbox, since ours may start none.
    """
    facts = _facts(speaker, scratch)
    found = {}
    with twin(speaker, of, f"attacked-{'plain' if of == PLAIN else 'ours'}", _PROBE, "wait") as name:
        for _number, attack in ATTACKS:
            ended = speaker.host.run("docker", "exec", name, _PROBE, *facts, f"only={attack.name}").returncode
            found[attack.name] = "succeeded" if ended == 0 else errno.errorcode.get(ended, f"status {ended}")
    return found


def test_from_inside(baited: Speaker) -> None:
    theirs, ours = _attempts(baited, PLAIN, "/var/tmp"), _attempts(baited, NAME, "/scratch")
    rows = [
        [str(number), attack.tries, theirs[attack.name], ours[attack.name], PLAIN_REFUSES.get(attack.name, "proof")]
        for number, attack in ATTACKS
    ]
    head = ["no.", "attack", "plain docker run", "ours", "plain refuses by"]
    show(f"from inside a container, on {baited.host.image}", head, rows)
    wins = {name for name, result in theirs.items() if result == "succeeded"}
    assert {name for name, result in ours.items() if result == "succeeded"} == set()
    names = {attack.name for _number, attack in ATTACKS}
    depends = OPTIONAL | BY_ENGINE
    assert names - set(PLAIN_REFUSES) - depends <= wins
    assert wins <= (names - set(PLAIN_REFUSES)) | depends
