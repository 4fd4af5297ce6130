# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of an index: read as they are, or refused by name."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.cargo_cache import lines_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.index import path_of, rows

ROW: dict[str, Any] = {
    "name": "librespot",
    "vers": "0.8.0",
    "deps": [{"name": "librespot-core"}],
    "cksum": "0" * 64,
    "features": {"default": ["alsa-backend"], "alsa-backend": []},
    "features2": {"with-dns-sd": ["dep:dns-sd"]},
    "yanked": False,
    "rust_version": "1.85",
    "pubtime": "2025-11-10T22:56:59Z",
    "v": 2,
}

NUMBERS = st.tuples(*[st.integers(0, 9999)] * 3).map(lambda parts: ".".join(map(str, parts)))
TAGS = st.lists(st.from_regex(r"[0-9A-Za-z-]{1,8}", fullmatch=True), max_size=2).map(".".join)
VERSIONS = st.builds(
    lambda numbers, before, build: numbers + (f"-{before}" if before else "") + (f"+{build}" if build else ""),
    NUMBERS,
    TAGS,
    TAGS,
)
CHECKSUMS = st.text("0123456789abcdef", min_size=64, max_size=64)
GOOD = st.fixed_dictionaries(
    {
        "name": st.just("librespot"),
        "vers": VERSIONS,
        "deps": st.lists(st.fixed_dictionaries({"name": st.text(max_size=5)}), max_size=3),
        "cksum": CHECKSUMS,
        "features": st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=2), max_size=2),
        "yanked": st.booleans(),
    },
    optional={"rust_version": st.just("1.85"), "v": st.integers(1, 2), "links": st.none(), "x": st.integers()},
)


def line(**changes: Any) -> bytes:
    return json.dumps({**ROW, **changes}).encode()


def test_all_that_a_row_says() -> None:
    row = rows([line(), b"", b" "], "librespot", "a mirror")["0.8.0"]
    assert (row.version, row.sha256, row.yanked, row.rust, row.published) == (
        "0.8.0",
        "0" * 64,
        False,
        "1.85",
        "2025-11-10T22:56:59Z",
    )
    assert row.features == {"default": ("alsa-backend",), "alsa-backend": (), "with-dns-sd": ("dep:dns-sd",)}
    assert row.dependencies == 1


@given(st.lists(GOOD, min_size=1, max_size=8, unique_by=lambda row: row["vers"]))
def test_whatever_an_index_may_write_is_read(given_rows: list[dict[str, Any]]) -> None:
    found = rows([json.dumps(row).encode() for row in given_rows], "librespot", "a mirror")
    assert {(row.version, row.sha256, row.yanked) for row in found.values()} == {
        (row["vers"], row["cksum"], row["yanked"]) for row in given_rows
    }


@given(st.lists(st.binary(max_size=60) | GOOD.map(lambda row: json.dumps(row).encode()), max_size=4))
def test_whatever_else_it_writes_is_an_error_of_ours(lines: list[bytes]) -> None:
    with contextlib.suppress(HostError):
        assert 0 < len(rows(lines, "librespot", "a mirror")) <= len(lines)


@given(GOOD, st.data())
def test_no_row_that_was_cut_off_is_taken_for_one(row: dict[str, Any], data: st.DataObject) -> None:
    whole = json.dumps(row).encode()
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(HostError, match="not JSON"):
        rows([cut], "librespot", "a mirror")


@given(GOOD, CHECKSUMS)
def test_two_rows_of_a_version_say_the_same_or_are_refused(row: dict[str, Any], other: str) -> None:
    twice = [json.dumps(row).encode(), json.dumps({**row, "cksum": other}).encode()]
    if row["cksum"] == other:
        assert len(rows(twice, "librespot", "a mirror")) == 1
        return
    with pytest.raises(HostError, match="contradict") as caught:
        rows(twice, "librespot", "a mirror")
    assert row["cksum"] in str(caught.value)
    assert other in str(caught.value)


def test_rows_that_differ_in_build_metadata_alone_are_two() -> None:
    # As those of ndk-sys 0.4.0 in the real index.
    found = rows([line(vers="0.4.0"), line(vers="0.4.0+25.0.1", cksum="1" * 64)], "librespot", "a mirror")
    assert list(found) == ["0.4.0", "0.4.0+25.0.1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "librespot-core"}, "was asked for librespot"),
        ({"name": "Librespot"}, "was asked for librespot"),
        ({"vers": None}, "with vers None"),
        ({"vers": "0.8.0\n"}, "with vers"),
        ({"vers": "0" * 200}, "with vers"),
        ({"cksum": None}, "no SHA-256"),
        ({"cksum": "0" * 63}, "no SHA-256"),
        ({"cksum": "A" * 64}, "no SHA-256"),
        ({"yanked": None}, "whether it was yanked"),
        ({"yanked": "false"}, "whether it was yanked"),
        ({"deps": {}}, "on what it depends"),
        ({"features": []}, "features that are no lists"),
        ({"features": {"x": "y"}}, "features that are no lists"),
        ({"features2": {"x": [1]}}, "features that are no lists"),
        ({"rust_version": 1.85}, "with rust_version 1.85"),
        ({"pubtime": "yesterday"}, "wrong pubtime"),
        ({"v": 3}, "in version 3 of the format"),
        ({"v": "2"}, "in version '2' of the format"),
    ],
    ids=str,
)
def test_what_a_row_may_not_say(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        rows([line(**changes)], "librespot", "a mirror")


@pytest.mark.parametrize("lines", [[], [b""], [b"[]"], [b"null"], [b"[" * 100_000]], ids=lambda found: str(found)[:9])
def test_what_is_no_row(lines: list[bytes]) -> None:
    with pytest.raises(HostError):
        rows(lines, "librespot", "a mirror")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", "1/a"),
        ("ab", "2/ab"),
        ("abc", "3/a/abc"),
        ("librespot", "li/br/librespot"),
        ("Inflector", "in/fl/inflector"),
    ],
)
def test_where_an_index_has_a_crate(name: str, path: str) -> None:
    assert path_of(name) == path


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "é", "x" * 65])
def test_what_is_no_name_leads_nowhere(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        path_of(name)


class TestCache:
    WHOLE = b"\x03\x02\x00\x00\x00Unknown\x000.7.1\x00{1}\x000.8.0\x00{2}\x00"

    def test_the_rows_in_it(self) -> None:
        assert lines_of(self.WHOLE, "librespot") == [b"{1}", b"{2}"]

    def test_no_rows(self) -> None:
        assert lines_of(b"\x03\x02\x00\x00\x00Unknown\x00", "librespot") == []

    @pytest.mark.parametrize("content", [b"", b"\x03", b"\x04" + WHOLE[1:], WHOLE[:-1], WHOLE[:-4]], ids=str)
    def test_another_form_is_refused(self, content: bytes) -> None:
        with pytest.raises(HostError, match=r"unknown form|cut off"):
            lines_of(content, "librespot")

    @given(st.binary(max_size=80))
    def test_whatever_is_in_it(self, content: bytes) -> None:
        with contextlib.suppress(HostError):
            assert all(b"\0" not in item for item in lines_of(content, "librespot"))
