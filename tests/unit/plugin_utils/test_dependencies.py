# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an index says of the crates in a lock file, and lock files that say what nobody can look up."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.index import Row
from ansible_collections.hardened.librespot.plugins.plugin_utils.dependencies import DependencyLook
from ansible_collections.hardened.librespot.plugins.plugin_utils.registry import Served


class Index:
    """Has one version of each crate, and counts what it is asked for."""

    source = "the index"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def served(self, name: str, etag: str = "") -> Served:
        raise AssertionError((name, etag))

    def crate(self, row: Row) -> bytes:
        raise AssertionError(row)

    def others(self, names: list[str], tree: str) -> dict[str, list[bytes]]:
        del tree
        self.asked += names
        row = {"vers": "1.0.0", "cksum": "0" * 64, "deps": [], "features": {}}
        return {
            name: [json.dumps({**row, "name": name, "yanked": name == "bad"}).encode()]
            for name in names
            if name != "strange"
        }


def lock(*names: str, checksum: str = "0" * 64) -> str:
    blocks = [
        f'[[package]]\nname = "{name}"\nversion = "1.0.0"\nsource = "registry+x"\nchecksum = "{checksum}"\n'
        for name in names
    ]
    return "\n".join(['[[package]]\nname = "librespot"\nversion = "9.9.9"\n', *blocks])


def test_what_was_yanked_and_what_is_not_there_is_told() -> None:
    index = Index()
    look = DependencyLook(index)
    for _time in range(2):
        found = look.of(lock("good", "bad", "strange"), "/tree").as_data()
        assert found == {"looked": 3, "yanked": ["bad 1.0.0"], "unlisted": ["strange 1.0.0"]}
    assert index.asked.count("good") == index.asked.count("bad") == 1


def test_another_checksum_is_refused() -> None:
    with pytest.raises(HostError, match=r"The checksum of good 1\.0\.0 is not the one in librespot's lock file"):
        DependencyLook(Index()).of(lock("good", checksum="1" * 64), "/tree")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a" * 70, "x?y"])
def test_a_name_that_would_lead_elsewhere_is_not_asked_for(name: str) -> None:
    index = Index()
    with pytest.raises(HostError, match="not the name of a crate"):
        DependencyLook(index).of(lock("good", name), "/tree")
    assert index.asked == []


@pytest.mark.parametrize("text", ["[", "package = 1", "package = [1]", f"x = {'[' * 5000}", '[[package]]\nname = "x"'])
def test_what_is_no_lock_file_is_refused(text: str) -> None:
    with pytest.raises(HostError, match="is not a lock file"):
        DependencyLook(Index()).of(text, "/tree")
