# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment file; that systemd reads it so is tested against systemd itself in tests/systemd."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.option_values import OptionValue
from ansible_collections.hardened.librespot.plugins.module_utils.render.environment import (
    arguments,
    environment,
    environment_file,
)

LINE = re.compile(r'(LIBRESPOT_[A-Z_]+)="((?:[^"\\`$\n]|\\["\\`$]|\\(?!["\\`$\n]))*)"')


def test_names_flags_and_order() -> None:
    text = environment_file({"zeroconf-port": "37879", "quiet": True, "name": "Kitchen"})
    assert text.splitlines()[1:] == [
        'LIBRESPOT_NAME="Kitchen"',
        'LIBRESPOT_QUIET="on"',
        'LIBRESPOT_ZEROCONF_PORT="37879"',
    ]


def test_a_flag_that_is_off_is_not_there() -> None:
    assert environment({"quiet": False}) == {}


def test_quoting() -> None:
    text = environment_file({"name": "a\"b\\c$d`e'f%n{{g}} "})
    assert text.endswith('LIBRESPOT_NAME="a\\"b\\\\c\\$d\\`e\'f%n{{g}} "\n')


def test_what_the_program_does_not_read_from_its_environment_is_an_argument() -> None:
    values: dict[str, OptionValue] = {"local-file-dir": ("/srv/a b", "/srv/c"), "name": "Kitchen"}
    assert environment(values) == {"LIBRESPOT_NAME": "Kitchen"}
    assert arguments(values) == ["--local-file-dir=/srv/a b", "--local-file-dir=/srv/c"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_every_text_is_one_line_that_unquotes_to_itself(text: str) -> None:
    rendered = environment_file({"name": text}).split("\n")
    assert len(rendered) == 3
    match = LINE.fullmatch(rendered[1])
    assert match is not None
    assert re.sub(r'\\(["\\`$])', r"\1", match.group(2)) == text
