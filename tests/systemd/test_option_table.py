# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table against the program that was deployed: what it says, and what it does with values."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.option import (
    CHOICE,
    DECIMAL,
    INTEGER,
    ON_OFF,
    Option,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.option_values import OptionValue
from ansible_collections.hardened.librespot.plugins.module_utils.model.options_table import choices_of, options_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.environment import environment
from tools.option_help import disagreements

RELEASE = "/opt/librespot/current"
STATE = "/run/hardened-librespot-test"
LOGIN = json.dumps({"username": "nobody", "auth_type": 1, "auth_data": "bm90aGluZw=="})
# With these the program reads every option, and then ends for want of the card, before it opens or calls anything.
STAGE: dict[str, OptionValue] = {
    "backend": "pipe",
    "device": "/dev/null",
    "mixer": "alsa",
    "alsa-mixer-device": "hw:99",
    "system-cache": STATE,
    "disable-discovery": True,
    "enable-volume-normalisation": True,
}
END = "Could not open Alsa mixer"
# What these may be depends on the build, or on what else is chosen.
ELSEWHERE = ("backend", "mixer", "zeroconf-backend")


def run(container: str, *command: str, status: int = 0) -> str:
    done = subprocess.run(
        ["docker", "exec", container, *command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.fixture
def version(container: str) -> str:
    return run(container, f"{RELEASE}/bin/librespot", "--version").split()[1]


def test_help_is_as_the_table_has_it(container: str, version: str) -> None:
    manifest = json.loads(run(container, "cat", f"{RELEASE}/manifest.json"))
    text = run(container, f"{RELEASE}/bin/librespot", "--help")
    assert manifest["version"] == version
    assert disagreements(text, version, frozenset(manifest["inputs"]["features"])) == []


def test_values_are_taken_and_refused_as_the_table_has_it(container: str, version: str) -> None:
    run(container, "mkdir", "-p", STATE)
    run(container, "sh", "-c", 'printf %s "$1" > "$2"', "sh", LOGIN, f"{STATE}/credentials.json")
    tried = list(cases(version))
    wrong = [(name, value, good) for name, value, good in tried if takes(container, name, value) != good]
    assert len(tried) > 80
    assert wrong == []


def cases(version: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (option, value, whether it is right) for the choices and at both ends of each range."""
    for option in options_of(version):
        if option.refused or option.owner or option.name in ELSEWHERE:
            continue
        if option.kind in (CHOICE, ON_OFF):
            right = choices_of(option, version)
            gone = set(option.choices) - set(right)
            yield from ((option.name, choice, True) for choice in right)
            yield from ((option.name, value, False) for value in ("", "nonsense", " ", *gone))
        if option.kind in (INTEGER, DECIMAL):
            yield from ends(option)
            yield from ((option.name, value, False) for value in ("", "x", " 1", "nan"))


def ends(option: Option) -> Iterator[tuple[str, str, bool]]:
    step = 1 if option.kind == INTEGER else 0.1
    assert option.minimum is not None
    assert option.maximum is not None
    yield option.name, str(option.minimum), True
    yield option.name, str(option.maximum), True
    yield option.name, str(option.maximum + step), False
    # The program takes 0 steps for 64, which the collection refuses.
    if option.name != "volume-steps":
        yield option.name, str(option.minimum - step), False


def takes(container: str, name: str, value: str) -> bool:
    """Say whether the program takes *value*. Fails when it ended for another reason than the two that are possible."""
    given = [f"{key}={text}" for key, text in environment({**STAGE, name: value}).items()]
    said = run(container, "env", "-i", *given, f"{RELEASE}/bin/librespot", status=1)
    refused = f"Invalid `--{name}`" in said
    assert refused or END in said, said
    return not refused
