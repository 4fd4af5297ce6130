# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parser of each distribution takes every profile, and reads in it what was meant. No kernel is asked."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.relaxations import (
    IN_CONTAINERS,
    NAMES,
    ONLY_IN_CONTAINERS,
    Relaxation,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.apparmor import profile
from tests.support.hosts import Host

DIRECTORY = "/run/profiles"
# The features of a kernel, since the machine's own may have none: those that the profiles are written for.
PARSER = ("apparmor_parser", "--quiet", "--skip-cache", "--skip-kernel-load", "--features-file=/etc/apparmor.d/abi/3.0")
LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": "c2VjcmV0"})
RELAXATIONS: dict[str, Any] = {
    "alsa": "a card",
    "pulseaudio": "a server",
    "pipewire": "a server",
    "fifo": {"path": "/run/snapserver/librespot", "reason": "snapcast"},
    "hooks": {"programs": ["/srv/hooks/on", "/usr/bin/logger"], "reason": "amplifier"},
    "bluetooth": "headphones",
    "media": {"paths": ["/srv/music", "/srv/other,@+music"], "reason": "records"},
    "disk": "volume",
    "host_network": "no bridges",
}
HOSTILE = (
    "/srv/a b", '/srv/"a"', "/srv/a*", "/srv/a**/b", "/srv/a?", "/srv/[ab]", "/srv/[^a]", "/srv/{a,b}", "/srv/@{HOME}",
    "/srv/${HOME}", "/srv/a\\*", "/srv/a\\", "/srv/a,\n  /etc/shadow r", '/srv/a" r,\n  "/etc/shadow', "/srv/#a",
    "/srv/a(b)", "/srv/a|b", "/srv/a+", "/srv/a.b", "/srv/é", "/srv/a -> b", "/srv/^a$", "/srv/a\\x2fb", "/srv/a\\052",
)  # fmt: skip

_WRITE = """
import json, os, sys
os.makedirs(sys.argv[1], exist_ok=True)
for name, text in json.load(sys.stdin).items():
    with open(os.path.join(sys.argv[1], name), "w") as handle:
        handle.write(text)
"""


@pytest.fixture(scope="module")
def host(container: str) -> Host:
    """Return a host with the parser of its distribution."""
    found = Host(container)
    found.out("apt-get", "update", "--quiet", timeout=300)
    found.out("apt-get", "install", "--yes", "--no-install-recommends", "apparmor", timeout=300)
    return found


def combined(deployment: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the profiles of instances with every combination of the relaxations *names*, by the names of profiles."""
    found: dict[str, str] = {}
    for count in range(len(names) + 1):
        for chosen in itertools.combinations(names, count):
            name = f"{deployment[0]}{len(found)}"
            written = {"name": name, "relaxations": {item: RELAXATIONS[item] for item in chosen}}
            credentials = {name: LOGIN} if count % 2 else {}
            (item,) = parse_specification("0.8.0", [written], credentials, None, deployment).present
            found[item.profile] = profile(item)
    return found


def put(host: Host, profiles: Mapping[str, str]) -> None:
    host.out("rm", "-rf", DIRECTORY)
    host.out("python3", "-Ic", _WRITE, DIRECTORY, text=json.dumps(dict(profiles)))


def test_every_combination_of_relaxations_is_parsed(host: Host) -> None:
    of_services = tuple(name for name in RELAXATIONS if name not in ONLY_IN_CONTAINERS)
    profiles = {**combined(SYSTEMD, of_services), **combined(CONTAINER, IN_CONTAINERS)}
    assert set(RELAXATIONS) == set(NAMES)
    assert len(profiles) == 2 ** len(of_services) + 2 ** len(IN_CONTAINERS)
    put(host, profiles)
    names = host.out(*PARSER, "--names", DIRECTORY, timeout=300).split()
    assert sorted(names) == sorted(profiles)
    done = host.run(*PARSER, "--abort-on-error", DIRECTORY, timeout=600)
    assert done.returncode == 0, done.stderr


def test_the_parser_refuses_what_is_wrong(host: Host) -> None:
    put(host, {"wrong": profile(Instance("kitchen", "")).replace("network inet stream,", "netwrk inet stream,")})
    done = host.run(*PARSER, "--abort-on-error", DIRECTORY)
    assert done.returncode != 0
    assert "syntax error" in done.stderr


def accepted(host: Host, rule: str) -> bytes:
    """Return the one path that the parser's automaton for *rule* accepts: it may have no branches."""
    put(host, {"rule": f"profile rule {{\n{rule}\n}}\n"})
    done = host.run(*PARSER, "--dump=dfa-states", f"{DIRECTORY}/rule")
    assert done.returncode == 0, done.stderr
    # The first automaton is that of files, the next one that of all else.
    said = (done.stderr + done.stdout).split("{1} <==")[1]
    ways: dict[str, list[tuple[int, str]]] = {}
    for state in re.split(r"^(?=\{\d+\} perms)", said, flags=re.MULTILINE)[1:]:
        found = re.findall(r"0x([0-9a-f]{1,2}) -> \{(\d+)\}", state)
        ways[state.partition("}")[0][1:]] = [(int(byte, 16), to) for byte, to in found]
    assert all(len(found) == 1 for found in ways.values()), said
    path, at = bytearray(), "1"
    while at in ways:
        ((byte, at),) = ways[at]
        path.append(byte)
    return bytes(path)


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_stands_for_itself_alone(host: Host, path: str) -> None:
    plain = profile(Instance("kitchen", "")).splitlines()
    opened = Instance("kitchen", "", relaxations=(Relaxation("fifo", "snapcast", {"path": (path,)}),))
    (rule,) = [line for line in profile(opened).splitlines() if line not in plain]
    assert accepted(host, rule) == path.encode()
