# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits get into an inventory file, and everything else in it stays as a person wrote it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.inventory_file import located, updated
from ansible_collections.hardened.librespot.plugins.plugin_utils.inventory_limits import InventoryText

WANTED = {"kitchen": {"memory": "72M", "tasks": 40}}
FLOW = "{memory: 72M, tasks: 40}"


def edited(text: str) -> str:
    new = InventoryText(text, "host_vars/pi.yml", "pi", WANTED).edited()
    # The second time there is nothing to do.
    assert InventoryText(new, "host_vars/pi.yml", "pi", WANTED).edited() == new
    return new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- name: kitchen\n", f"- name: kitchen\n  limits: {FLOW}\n"),
        ("- name: kitchen", f"- name: kitchen\n  limits: {FLOW}"),
        ("  - name: 'kitchen'  # big\n\n    # why\n    port: 1\n", None),
        (
            "- name: kitchen\n  limits:\n    # in May\n    memory: '192M'  # big\n    files:   12\n\n- name: x\n",
            "- name: kitchen\n  limits:\n    # in May\n    memory: '72M'  # big\n    files:   12\n    tasks: 40\n\n"
            "- name: x\n",
        ),
        ("- {name: kitchen, limits: {memory:   192M}}\n", "- {name: kitchen, limits: {memory:   72M, tasks: 40}}\n"),
        ("- limits: {}\n  name: kitchen\n", f"- limits: {FLOW}\n  name: kitchen\n"),
        ("- {name: kitchen}\n- {name: x}\n", f"- {{name: kitchen, limits: {FLOW}}}\n- {{name: x}}\n"),
        (
            "- name: kitchen\n  limits:\n    io:\n      - {device: /dev/sda, read: 1M}\n",
            "- name: kitchen\n  limits:\n    memory: 72M\n    tasks: 40\n    io:\n"
            "      - {device: /dev/sda, read: 1M}\n",
        ),
        ("- name: kitchen\r\n  port: 1\r\n", f"- name: kitchen\r\n  limits: {FLOW}\r\n  port: 1\r\n"),
    ],
)
def test_nothing_but_the_limits_changes(before: str, after: str | None) -> None:
    head, tail = (
        "---\n# ours\na:   [1,   2]\nlibrespot_instances:\n",
        "\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  30\n",
    )
    expected = after if after is not None else before.replace("# big\n", f"# big\n    limits: {FLOW}\n")
    tail = tail.replace("\n", "\r\n") if "\r" in before else tail
    assert edited(f"{head}{before}{tail}") == f"{head}{expected}{tail}"


def test_an_inventory_of_yaml_has_each_host_apart() -> None:
    text = "all:\n  children:\n    g:\n      hosts:\n        other:\n          librespot_instances: [{name: kitchen}]\n"
    text += "        pi:\n          librespot_instances: [{name: kitchen}]\n"
    new = edited(text)
    assert new == text[: text.rindex("kitchen}]")] + f"kitchen, limits: {FLOW}" + "}]\n"


REFUSED = {
    "vault": ("$ANSIBLE_VAULT;1.1;AES256\n3030\n", "ansible-vault edit host_vars/pi.yml"),
    "alias": (
        "x: &l {memory: 1M}\nlibrespot_instances:\n- name: kitchen\n  limits: *l\n",
        "an anchor, an alias or a tag",
    ),
    "anchor": ("librespot_instances:\n- name: kitchen\n  limits: {memory: &m 1M}\n", "an anchor, an alias or a tag"),
    "tag": ("librespot_instances:\n- name: kitchen\n  limits: {memory: !vault x}\n", "an anchor, an alias or a tag"),
    "merge": ("x: &l {limits: {memory: 1M}}\nlibrespot_instances:\n- name: kitchen\n  <<: *l\n", "by a merge key"),
    "list": ("librespot_instances: '{{ x }}'\n", "something else than a list"),
    "limits": ("librespot_instances:\n- name: kitchen\n  limits: '{{ x }}'\n", "something else than a mapping"),
    "limit": ("librespot_instances:\n- name: kitchen\n  limits: {memory: '{{ x }}'}\n", "has a template"),
    "nothing there": ("librespot_instances:\n- name: kitchen\n  limits:\n", "something else than a mapping"),
    "documents": ("a: 1\n---\nlibrespot_instances:\n- name: kitchen\n", "not one document"),
    "key twice": ("librespot_instances:\n- name: kitchen\n  limits: {memory: 1M, memory: 2M}\n", "has memory twice"),
    "name twice": ("librespot_instances: []\nlibrespot_instances:\n- name: kitchen\n", "librespot_instances twice"),
    "another": ("librespot_instances:\n- name: hall\n", "no instance called kitchen"),
    "elsewhere": ("other: 1\n", "does not have librespot_instances"),
    "no mapping": ("- 1\n", "does not have librespot_instances"),
    "empty": ("", "does not have librespot_instances"),
    "itself": ("a: &a [*a]\nlibrespot_instances:\n- name: kitchen\n", "holds itself"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_said_with_what_to_write(case: str) -> None:
    text, said = REFUSED[case]
    with pytest.raises(HostError) as caught:
        edited(text)
    assert said in str(caught.value)
    assert "Nothing was written" in str(caught.value)
    assert f"limits of kitchen: {FLOW}" in str(caught.value)


def test_a_line_that_cannot_be_read_is_not_shown() -> None:
    with pytest.raises(HostError) as caught:
        edited("password: hunter2: [\n")
    assert "hunter2" not in str(caught.value)
    assert "line 1" in str(caught.value)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["port", "options", "access", "x"]), st.sampled_from(["1", "{a: b}", "[c]", "'d # e'"])
        ),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from(["", "\n", "\n    # a comment\n", "  # behind\n"]),
)
def test_whatever_stands_around_it(pairs: list[tuple[str, str]], place: int, flow: bool, between: str) -> None:
    pairs.insert(min(place, len(pairs)), ("name", "kitchen"))
    if flow:
        text = "librespot_instances:\n  - {" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}\n"
    else:
        lines = (between or "\n").join(f"    {key}: {value}" for key, value in pairs)
        text = f"librespot_instances:\n  -\n{lines}\n"
    new = yaml.safe_load(edited(text))
    old = yaml.safe_load(text)
    (item,) = new["librespot_instances"]
    assert item.pop("limits") == {"memory": "72M", "tasks": 40}
    assert new == old


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "host_vars" / "pi.yml"
    path.parent.mkdir()
    path.write_text("librespot_instances:\n- name: kitchen\n  limits: {memory: 192M}\n")
    path.chmod(0o640)
    return path


class TestTheFile:
    def test_it_is_found_and_changed_once(self, inventory: Path, tmp_path: Path) -> None:
        path = located("", "pi", [str(tmp_path)], WANTED)
        assert path == str(inventory)
        seen = {"kitchen": {"memory": "192M"}}
        before = inventory.read_text()
        planned = updated(path, "pi", WANTED, seen, check=True)
        assert (planned.changed, inventory.read_text()) == (True, before)
        done = updated(path, "pi", WANTED, seen, check=False)
        assert (done.changed, done.diff) == (True, planned.diff)
        assert "+  limits: {memory: 72M, tasks: 40}" in done.diff
        assert inventory.stat().st_mode & 0o777 == 0o640
        again = updated(path, "pi", WANTED, WANTED, check=False)
        assert (again.changed, again.diff) == (False, "")
        assert [item.name for item in inventory.parent.iterdir()] == ["pi.yml"]

    def test_a_directory_of_the_host_is_searched(self, inventory: Path, tmp_path: Path) -> None:
        place = tmp_path / "other" / "host_vars" / "pi"
        place.mkdir(parents=True)
        (place / "zones.yml").write_text("librespot_zones: {}\n")
        (place / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n30\n")
        inventory.rename(place / "speakers.yml")
        assert located("", "pi", [str(tmp_path / "other")], WANTED) == str(place / "speakers.yml")

    def test_two_files_are_not_chosen_between(self, inventory: Path, tmp_path: Path) -> None:
        other = tmp_path / "playbooks" / "host_vars" / "pi.yaml"
        other.parent.mkdir(parents=True)
        other.write_text(inventory.read_text())
        with pytest.raises(HostError, match="Name one as inventory_file"):
            located("", "pi", [str(tmp_path), str(tmp_path / "playbooks")], WANTED)

    def test_one_of_a_group_is_not_found(self, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="it may be a group's, or a template"):
            located("", "pi", [str(tmp_path)], WANTED)

    def test_the_only_file_is_under_vault(self, inventory: Path, tmp_path: Path) -> None:
        inventory.write_text("$ANSIBLE_VAULT;1.1;AES256\n30\n")
        path = located("", "pi", [str(tmp_path)], WANTED)
        with pytest.raises(HostError, match="ansible-vault edit"):
            updated(path, "pi", WANTED, None, check=False)

    def test_something_else_has_the_last_word(self, inventory: Path) -> None:
        before = inventory.read_text()
        with pytest.raises(HostError, match="has the last word"):
            updated(str(inventory), "pi", WANTED, {"kitchen": {"memory": "96M"}}, check=False)
        assert inventory.read_text() == before

    def test_a_link_is_not_followed(self, inventory: Path, tmp_path: Path) -> None:
        target = tmp_path / "elsewhere.yml"
        inventory.rename(target)
        inventory.symlink_to(target)
        before = target.read_text()
        with pytest.raises(HostError, match="is a link, which is not followed"):
            updated(str(inventory), "pi", WANTED, None, check=False)
        assert target.read_text() == before

    def test_another_users_file_is_left_alone(self, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: real + 1)
        with pytest.raises(HostError, match="belongs to another user"):
            updated(str(inventory), "pi", WANTED, None, check=True)

    @pytest.mark.parametrize("content", [None, b"\xff\xfe"])
    def test_what_is_not_there_or_no_text(self, inventory: Path, content: bytes | None) -> None:
        if content is None:
            inventory.unlink()
        else:
            inventory.write_bytes(content)
        with pytest.raises(HostError, match=r"does not exist|not text in UTF-8"):
            updated(str(inventory), "pi", WANTED, None, check=False)
