# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Systemd gives a process exactly the environment that was rendered, whatever the text."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.options_table import OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.text import literal
from ansible_collections.hardened.librespot.plugins.module_utils.render.environment import environment, environment_file

NAMES = [option.name for option in OPTIONS if not option.command_line]
FILE = "/run/hardened-librespot-test.env"
LONGEST = 4096
HOSTILE = [
    "",
    " leading and trailing ",
    "#comment",
    "a # b ; c",
    ";",
    "'single'",
    '"double"',
    '"',
    "\\",
    "\\\\",
    "ends with \\",
    "\\n \\t \\x41 \\u0041 \\101",
    '\\"',
    "\\$HOME $HOME ${HOME} $$ $(id) `id`",
    "%n %i %% %h %",
    "{{ lookup('pipe', 'id') }} {% raw %}",
    "=",
    "A=B",
    "a" * LONGEST,
    '"' * LONGEST,
    "Küche 厨房 кухня 👨‍👩‍👧 e\u0301 \ufeff\u00a0\u200b\U0010fffd",
]
ALPHABET = "\"\\`$'%#;=!&|<>(){}[]*?~^,.: aZ0éß厨\U0001f600\ufeff"


def taken(text: str) -> bool:
    """Say whether the model lets *text* through, which is what has to arrive."""
    try:
        return bool(literal(text, "text", LONGEST))
    except SpecificationError:
        return False


TEXTS = st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(taken)


def seen_by_a_process(container: str, text: str) -> dict[str, str]:
    """Return the LIBRESPOT_ variables of a process whose unit has *text* as its environment file."""
    subprocess.run(
        ["docker", "exec", "-i", container, "tee", FILE], input=text.encode(), check=True, capture_output=True
    )
    unit = ["systemd-run", "--quiet", "--wait", "--collect", "--pipe", f"--property=EnvironmentFile={FILE}"]
    done = subprocess.run(
        ["docker", "exec", container, *unit, "/usr/bin/env", "-0"], check=True, capture_output=True, timeout=60
    )
    pairs = (item.decode().partition("=") for item in done.stdout.split(b"\0") if item)
    return {name: value for name, _unused, value in pairs if name.startswith("LIBRESPOT_")}


def test_every_hostile_text_is_one_that_the_model_lets_through() -> None:
    assert [text for text in HOSTILE if text and not taken(text)] == []


def test_hostile_text_arrives_literally(container: str) -> None:
    values = dict(zip(NAMES, HOSTILE, strict=False))
    assert len(values) == len(HOSTILE)
    assert seen_by_a_process(container, environment_file(values)) == environment(values)


# One start of a unit per example, so few examples with many texts each.
@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(TEXTS, min_size=len(NAMES), max_size=len(NAMES)))
def test_any_text_arrives_literally(container: str, texts: list[str]) -> None:
    values = dict(zip(NAMES, texts, strict=True))
    assert seen_by_a_process(container, environment_file(values)) == environment(values)


@pytest.mark.parametrize("character", ["\ufffe", "\U0001ffff", "\ufdd0"])
def test_systemd_would_not_start_a_unit_with_what_the_model_refuses(container: str, character: str) -> None:
    assert not taken(f"a{character}b")
    with pytest.raises(subprocess.CalledProcessError):
        seen_by_a_process(container, environment_file({"name": f"a{character}b"}))


def test_flags(container: str) -> None:
    assert seen_by_a_process(container, environment_file({"quiet": True, "verbose": False})) == {
        "LIBRESPOT_QUIET": "on"
    }
