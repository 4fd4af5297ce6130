# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service file of avahi."""

from __future__ import annotations

from xml.parsers import expat

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.render.announcement import MARK, service_file


@given(st.text(min_size=1, max_size=60))
def test_a_name_arrives_as_it_was_written(name: str) -> None:
    instance = {"name": "kitchen", "port": 40001, "options": {"name": name}}
    try:
        (item,) = parse_specification("0.8.0", [instance], deployment=CONTAINER).instances
    except SpecificationError:
        return
    text = service_file(item)
    assert _read(text) == [
        ("name", name),
        ("type", "_spotify-connect._tcp"),
        ("port", "40001"),
        ("txt-record", "VERSION=1.0"),
        ("txt-record", "CPath=/"),
    ]
    assert MARK in text


def _read(text: str) -> list[tuple[str, str]]:
    """Return the elements that hold text, as avahi's own parser sees them."""
    found: list[tuple[str, str]] = []
    said: list[str] = []
    leaves = {"name", "type", "port", "txt-record"}
    parser = expat.ParserCreate()

    def end(name: str) -> None:
        if name in leaves:
            found.append((name, "".join(said)))

    parser.StartElementHandler = lambda _name, _attributes: said.clear()
    parser.CharacterDataHandler = said.append
    parser.EndElementHandler = end
    parser.Parse(text, True)
    return found
