# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lab.cache import Cache, key, location
from tools.lab.errors import LabError
from tools.lab.progress import Progress


def _cache(path: Path) -> Cache:
    return Cache(path, Progress(quiet=True))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HARDENED_LIBRESPOT_LAB": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/hardened-librespot-lab"),
        ({"HARDENED_LIBRESPOT_LAB": "", "HOME": "/c"}, "/c/.cache/hardened-librespot-lab"),
    ],
)
def test_location_follows_the_environment(environ: dict[str, str], expected: str) -> None:
    assert location(environ) == Path(expected)


def test_keys_differ_where_parts_differ_and_not_by_order_of_a_mapping() -> None:
    assert key({"a": 1, "b": 2}) == key({"b": 2, "a": 1})
    assert key("ab", "c") != key("a", "bc")


def test_a_new_cache_keeps_its_identity(tmp_path: Path) -> None:
    assert _cache(tmp_path / "new").claim() == _cache(tmp_path / "new").claim()


def test_a_directory_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(LabError, match="not a cache of ours"):
        _cache(tmp_path).directory("images")
    _cache(tmp_path).destroy()
    assert (tmp_path / "precious").exists()


def test_what_failed_half_way_is_not_published(tmp_path: Path) -> None:
    cache = _cache(tmp_path / "new")
    goal = cache.directory("images") / "image"

    def fail() -> None:
        with cache.publish(goal) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert list(goal.parent.iterdir()) == []


def test_a_cache_is_destroyed_with_all_that_is_in_it(tmp_path: Path) -> None:
    cache = _cache(tmp_path / "new")
    cache.directory("images", "deep").joinpath("file").touch()
    cache.destroy()
    assert not cache.root.exists()
