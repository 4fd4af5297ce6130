# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a profile allows, and that no path can say more in it than its own name."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.relaxations import Relaxation
from ansible_collections.hardened.librespot.plugins.module_utils.render.apparmor import literal, profile

LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": "c2VjcmV0"})
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def instance(deployment: str = SYSTEMD, credentials: str = "", **written: Any) -> Instance:
    given_ = {"kitchen": credentials} if credentials else {}
    (found,) = parse_specification("0.8.0", [{"name": "kitchen", **written}], given_, None, deployment).present
    return found


def rules(item: Instance) -> list[str]:
    """Return the rules of a profile, one by one."""
    head, _brace, body = profile(item).partition("{\n")
    assert head.count("profile ") == 1
    assert body.endswith("\n}\n")
    return [line.strip() for line in body[:-3].splitlines()]


def added(item: Instance, plain: Instance) -> list[str]:
    return [rule for rule in rules(item) if rule not in rules(plain)]


@pytest.mark.parametrize("deployment", [SYSTEMD, CONTAINER])
def test_nothing_can_be_executed_and_nothing_be_written_but_memory(deployment: str) -> None:
    found = [rule.rpartition(" ") for rule in rules(instance(deployment)) if "/" in rule]
    assert not [path for path, _space, access in found if "x" in access]
    writable = {path for path, _space, access in found if "w" in access}
    assert writable <= {
        "/scratch/{,**}",
        "/dev/{full,null,zero}",
        "/run/systemd/resolve/io.systemd.Resolve",
    }
    # Neither the library directories nor anything else is code as a whole.
    assert not [path for path, _space, access in found if "m" in access and not re.search(r"\.so|bin/librespot", path)]
    assert not [
        rule for rule in rules(instance(deployment)) if re.match("(capability|mount|ptrace|change_profile)", rule)
    ]


def test_the_file_system_differs_by_deployment() -> None:
    service, container = rules(instance()), rules(instance(CONTAINER))
    assert "/opt/librespot/releases/*/bin/librespot mr," in service
    assert {"/usr/bin/librespot mr,", "/usr/bin/librespot-probe mr,"} <= set(container)
    assert not [rule for rule in service if "/usr/bin" in rule]
    assert not [rule for rule in container if "/opt" in rule]


def test_only_those_who_end_it_may_send_it_signals() -> None:
    assert [rule for rule in rules(instance()) if rule.startswith("signal")] == [
        "signal (receive) peer=unconfined,",
        "signal (send, receive) peer=librespot-kitchen,",
    ]


def test_a_login_is_read_and_not_written() -> None:
    place = "/run/credentials/librespot-kitchen.service/{,credentials.json}"
    assert added(instance(credentials=LOGIN), instance()) == [f'"{place}" r,']


@pytest.mark.parametrize(
    ("relaxations", "rules_"),
    [
        ({"alsa": "a card"}, ["/dev/snd/{,**} rw,"]),
        ({"fifo": {"path": "/run/snap/fifo", "reason": "snapcast"}}, ['"/run/snap/fifo" rw,']),
        ({"media": {"paths": ["/srv/music"], "reason": "records"}}, ['"/srv/music{,/,/**}" r,']),
        (
            {"disk": "volume"},
            ['"/var/lib/librespot/kitchen/{,**}" rwk,', '"/var/cache/librespot/kitchen/{,**}" rwk,'],
        ),
        (
            {"pulseaudio": {"socket": "/run/sound/native", "reason": "shared"}},
            ['"/run/sound/native" rw,', "/etc/pulse/{,**} r,", "/etc/machine-id r,"],
        ),
        (
            {"hooks": {"programs": ["/srv/on"], "reason": "amplifier"}},
            ["/{etc,proc}/{,**} r,", "/usr/{,**} mrix,", "/{bin,sbin}/** mrix,", '"/srv/on" mrix,'],
        ),
    ],
)
def test_each_relaxation_opens_what_it_says(relaxations: dict[str, Any], rules_: list[str]) -> None:
    assert added(instance(relaxations=relaxations), instance()) == rules_


PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).map(lambda x: f"/{x}")
HOSTILE = (
    "/a rwk,",
    '/a" rw,\n  /** rwklx,\n  "/b',
    "/a*",
    "/{a,b}",
    "/[a]",
    "/@{HOME}",
    "/a\\",
    "/a,}",
    "/é",
    "/#a",
    "/^",
)


def parsed(quoted: str) -> str:
    """Return what the parser reads in a quoted rule: octal numbers are bytes, and nothing else is left to read."""
    assert re.fullmatch(r"(?:[A-Za-z0-9/._-]|\\[0-3][0-7][0-7])*", quoted)
    text = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match.group(1), 8)]), quoted.encode("ascii"))
    return text.decode("utf-8")


@given(PATHS)
def test_a_path_is_itself_alone(path: str) -> None:
    assert parsed(literal(path)) == path


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_is_itself_alone(path: str) -> None:
    assert parsed(literal(path)) == path


@given(st.lists(PATHS, min_size=1, max_size=3), PATHS)
def test_no_path_of_a_relaxation_adds_a_rule(paths: list[str], fifo: str) -> None:
    """Also where someone let it pass who should have refused it."""
    plain = instance()
    relaxed = (
        Relaxation("media", "records", {"paths": tuple(paths)}),
        Relaxation("fifo", "snapcast", {"path": (fifo,)}),
        Relaxation("hooks", "amplifier", {"programs": tuple(paths)}),
    )
    item = Instance(plain.name, plain.path, options=plain.options, relaxations=relaxed)
    before, after = rules(plain), rules(item)
    assert len(after) == len(before) + 2 * len(paths) + 1 + 3
    for rule in after[len(before) :]:
        quoted = _QUOTED.match(rule)
        assert rule.startswith(("/usr/", "/{bin,sbin}/", "/{etc,proc}/")) or quoted
        assert not quoted or re.fullmatch(r" (r|rw|mrix),", rule[quoted.end() :])
