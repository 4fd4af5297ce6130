# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What code that runs as librespot tries, in a container of ours and in a plain one of the same files.

The program that tries stands where librespot does in the image: that is what was hijacked, and an AppArmor profile lets
nothing else be mapped as code. It is another container, by the request that made the one that runs.
"""

from __future__ import annotations

import contextlib
import errno
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.catalogue import ATTACKS
from tests.attacks.tables import show
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import away, looked_at, plain
from tests.containers.speaker import NAME, Speaker
from tests.containers.within import Bait, armed, twin
from tests.support.hosts import BUILDER

_PROBE = "/usr/bin/librespot"
_SETUID = "/attack/setuid"

# What refuses a plain container these, before anyone hardens it.
_NAMESPACES = "the engine's namespaces"
_FILTER = "the engine's filter of system calls, or a capability that it withholds"
_PLAIN_REFUSES = dict.fromkeys(
    (
        *("list_homes", "read_home", "read_ssh_key", "read_loose_ssh_key", "read_other_login", "read_loaded_login"),
        *("read_loose_login", "read_root_home", "read_other_environment", "write_unit", "write_home"),
        *("docker_socket", "system_bus", "service_manager", "see_other_process", "see_any_other_process"),
        *("signal_other_process", "shared_memory_of_others"),
    ),
    _NAMESPACES,
) | dict.fromkeys(
    (
        *("mount_privately", "user_namespace", "mount_in_user_namespace", "clone_namespace", "bpf_map", "keyring"),
        *("load_module", "reboot_wrongly", "io_uring", "fault_handler", "real_time", "kernel_log", "vsock"),
        *("write_kernel_setting", "read_means_execute"),
    ),
    _FILTER,
)
# What one engine's own filter refuses and another's does not.
_BY_ENGINE = {"io_uring", "vsock"}
_ENGINE_FAILED = range(125, 128)
"""What the engine itself says when it could not run a program."""

_OPTIONAL = {attack.name for _number, attack in ATTACKS if attack.optional}
# On the host, by the engine's API: its client takes longer to start than an attempt does. Prints the status of each,
# which is 0 or the errno. What tries must run, before and after: where it cannot, everything looks refused.
_TRY = """
import docker, json, sys, time
asked = json.load(sys.stdin)
api = docker.APIClient()
def status(*words):
    made = api.exec_create(asked["name"], [asked["probe"], *words])["Id"]
    api.exec_start(made)
    while api.exec_inspect(made)["ExitCode"] is None:
        time.sleep(0.05)
    return api.exec_inspect(made)["ExitCode"]
before = status("nothing")
ended = {attack: status(*asked["facts"], "only=" + attack) for attack in asked["attacks"]}
print(json.dumps({"ran": [before, status("nothing")], "ended": ended}))
"""


@contextlib.contextmanager
def baited(speaker: Speaker, probe: Path) -> Iterator[None]:
    """Run the plain container too, and make for each an image with the *probe*.

    The plain one has besides what any image of a distribution has; ours has the directories, so that it is not their
    absence that refuses.
    """
    plain(speaker)
    program = probe.read_bytes()
    directories = ("attack", "root", "home", "opt", "usr/local", "usr/local/bin", "etc", "etc/cron.d", "var", "var/tmp")
    common = {
        **{name: Bait(None, 0o1777 if name == "var/tmp" else 0o755) for name in directories},
        _PROBE: Bait(program, 0o755),
        _SETUID: Bait(program, 0o4755),
        "/etc/shadow": Bait(b"root:*:20000:0:99999:7:::\n", 0o640),
    }
    armed(speaker, speaker.inspect()["Image"], "attacked-ours", common)
    # Where the image's libc is from.
    shell = subprocess.run(["docker", "exec", BUILDER, "cat", "/bin/sh"], check=True, capture_output=True).stdout
    armed(speaker, "plain", "attacked-plain", {**common, "bin": Bait(None, 0o755), "/bin/sh": Bait(shell, 0o755)})
    try:
        yield
    finally:
        speaker.docker("image", "rm", "attacked-ours", "attacked-plain")
        away(speaker)


@dataclass(frozen=True)
class Attempts:
    """The AppArmor profile of the attacker, and how each attempt ended: "succeeded", or what the kernel said."""

    profile: str
    results: Mapping[str, str]

    @property
    def wins(self) -> set[str]:
        """Those that succeeded."""
        return {name for name, result in self.results.items() if result == "succeeded"}


def attempts(speaker: Speaker, of: str, security: Sequence[str] | None = None) -> Attempts:
    """Try everything in the sandbox of the container *of*; *security* are options of the engine instead of its own.

    Each attempt is a process that the engine starts there, since ours may start none.
    """
    facts = {
        "victim": speaker.inspect(NAME)["State"]["Pid"],
        "credentials": "/etc/librespot/credentials/bedroom.json",
        "loaded": "/run/credentials/librespot-bedroom.service/credentials.json",
        "binary": "/usr/bin/librespot",
        "unit": "/etc/systemd/system/hardened-librespot-containers.service",
        "setuid": _SETUID,
        "scratch": "/var/tmp" if of == PLAIN else "/scratch",
    }
    image = f"attacked-{'plain' if of == PLAIN else 'ours'}"
    names = [attack.name for _number, attack in ATTACKS]
    with twin(speaker, of, image, _PROBE, "wait", security=security) as name:
        profile = str(looked_at(speaker, name)["profile"])
        asked = {"name": name, "probe": _PROBE, "facts": [f"{key}={value}" for key, value in facts.items()]}
        text = json.dumps({**asked, "attacks": names})
        said = json.loads(speaker.host.out("python3", "-Ic", _TRY, text=text, timeout=900))
    ended: dict[str, int] = said["ended"]
    assert said["ran"] == [0, 0]
    assert [name for name in names if ended[name] in _ENGINE_FAILED] == [], ended
    return Attempts(profile, {name: _said(ended[name]) for name in names})


def _said(status: int) -> str:
    return errno.errorcode.get(status, f"status {status}") if status else "succeeded"


def judge(where: str, theirs: Attempts, ours: Attempts, **others: Attempts) -> None:
    """Show all, and fail unless the attacks are real in the plain container and none succeeds in ours."""
    columns = {"plain docker run": theirs, **others, "ours": ours}
    rows = [
        [
            str(number),
            attack.tries,
            *(column.results[attack.name] for column in columns.values()),
            _PLAIN_REFUSES.get(attack.name, "proof"),
        ]
        for number, attack in ATTACKS
    ]
    profiles = [["", "AppArmor profile", *(column.profile or "none" for column in columns.values()), ""]]
    show(where, ["no.", "attack", *columns, "plain refuses by"], profiles + rows)
    assert ours.wins == set()
    names = {attack.name for _number, attack in ATTACKS}
    depends = _OPTIONAL | _BY_ENGINE
    assert names - set(_PLAIN_REFUSES) - depends <= theirs.wins
    assert theirs.wins <= (names - set(_PLAIN_REFUSES)) | depends
