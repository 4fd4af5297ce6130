# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lock file is taken, when a new one is got, and what a killed run leaves."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.build_options import BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import recipe
from ansible_collections.hardened.librespot.plugins.plugin_utils.lock_pins import LockPins
from ansible_collections.hardened.librespot.plugins.plugin_utils.locking import Got, Locking

HEAD = 'version = 4\n[[package]]\nname = "librespot"\nversion = "0.8.0"\n'


def lock(version: str = "0.3.44") -> bytes:
    package = f'[[package]]\nname = "time"\nversion = "{version}"\nsource = "registry+x"\nchecksum = "{"a" * 64}"\n'
    return (HEAD + package).encode()


_MINE = b'[[package]]\nname="serde"\nversion="1.0.0"\nsource="registry+x"\nchecksum="' + b"b" * 64 + b'"\n'

DISGUISED = [
    lock() + _MINE,
    lock() + _MINE.replace(b"[[package]]", b"[[ package ]]"),
    lock().replace(b'"time"', b"'time'"),
    lock().replace(b'"time"', b'"\\u0074ime"'),
    lock().replace(b"name =", b"  name =", 2),
    lock().replace(b"\n", b"\r\n"),
]
"""What TOML reads otherwise than a reader by lines does."""


def params(**changed: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in BUILD_OPTIONS.items()}
    return {**defaults, "architecture": "x86_64", **changed}


class Bench:
    """The controller's cache in *directory*, and a build host that is asked for lock files."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pins = LockPins(str(directory / "cache"))
        self.newest = "0.3.55"
        self.version = "0.8.0"
        self.asked = 0

    def ask(self) -> Got:
        self.asked += 1
        made = lock(self.newest).replace(b"0.8.0", self.version.encode())
        files = {"Cargo.lock": made, "upstream.lock": lock()}
        return files, {"cargo": "cargo 1.96.0", "rust": "1.96"}

    def choose(self, fails: BaseException | None = None, **changed: Any) -> Any:
        """Return what is chosen, after it was built with, or what was built *fails*."""
        locking = Locking(params(**changed), self.pins)
        chosen = locking.chosen()
        if not chosen.known:
            chosen = locking.refreshed(self.ask)
        with locking.proved(chosen):
            if fails:
                raise fails
        return chosen

    def aged(self, days: int) -> None:
        """Make the pin older."""
        (path,) = (self.directory / "cache/lockfiles").glob("*.json")
        said = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**said, "resolved": int(time.time()) - days * 86400}), encoding="utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


class TestUpstream:
    def test_it_is_the_default_and_asks_nobody(self, bench: Bench) -> None:
        chosen = bench.choose()
        assert (chosen.lock, chosen.content, chosen.plan.changed) == ("upstream", b"", False)
        assert list(bench.directory.iterdir()) == []

    def test_what_is_not_compiled_has_none(self, bench: Bench) -> None:
        assert bench.choose(method="artifact", lock="refreshed").lock == "upstream"


class TestRefreshed:
    def test_it_is_got_once_and_is_an_input_of_the_artifact(self, bench: Bench) -> None:
        first, second = bench.choose(lock="refreshed"), bench.choose(lock="refreshed")
        assert (bench.asked, first.plan.changed, second.plan.changed) == (1, True, False)
        assert first.lock == second.lock == hashlib.sha256(lock("0.3.55")).hexdigest()
        assert first.said == second.said
        assert Path(first.said["path"]).read_bytes() == first.content == lock("0.3.55")
        named = [recipe(params(lock=value)).identifier for value in ("upstream", first.lock)]
        assert len(set(named)) == 2

    def test_the_difference_is_shown(self, bench: Bench) -> None:
        shown = bench.choose(lock="refreshed").plan.differences()
        assert [(item.attribute, item.before, item.after) for item in shown if item.attribute != "resolved"] == [
            ("time", "0.3.44", "0.3.55")
        ]

    def test_it_stays_however_old_it_is_unless_that_is_limited(self, bench: Bench) -> None:
        first = bench.choose(lock="refreshed")
        bench.aged(900)
        bench.newest = "0.3.56"
        assert bench.choose(lock="refreshed").lock == first.lock
        assert bench.choose(lock="refreshed", lock_max_age=901).lock == first.lock
        assert bench.choose(lock="refreshed", lock_max_age=900).lock != first.lock
        assert bench.asked == 2
        assert Path(first.said["path"]).read_bytes() == first.content

    def test_a_new_one_can_be_asked_for_now(self, bench: Bench) -> None:
        for _time in range(2):
            assert bench.choose(lock="refreshed", lock_max_age=0).plan.changed
            bench.aged(1)
        assert bench.asked == 2

    def test_check_mode_knows_only_that_one_would_be_got(self, bench: Bench) -> None:
        chosen = Locking(params(lock="refreshed"), bench.pins).chosen()
        assert not chosen.known
        assert chosen.plan.changed
        assert list(bench.directory.iterdir()) == []

    def test_of_another_crate_it_is_not_taken(self, bench: Bench) -> None:
        bench.version = "0.9.0"
        for digest in ("1", "1", "2"):
            bench.choose(crate_sha256=digest * 64, version="0.9.0", lock="refreshed")
        assert bench.asked == 2

    def test_one_that_was_changed_is_refused(self, bench: Bench) -> None:
        path = Path(bench.choose(lock="refreshed").said["path"])
        path.write_bytes(path.read_bytes() + b"\n")
        with pytest.raises(HostError, match="damaged or was changed"):
            bench.choose(lock="refreshed")

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 1}'])
    def test_a_damaged_pin_is_refused(self, bench: Bench, content: str) -> None:
        bench.choose(lock="refreshed")
        (path,) = (bench.directory / "cache/lockfiles").glob("*.json")
        path.write_text(content, encoding="utf-8")
        with pytest.raises(HostError, match="damaged or was changed"):
            bench.choose(lock="refreshed")

    def test_what_a_build_host_made_up_is_not_pinned(self, bench: Bench) -> None:
        bench.newest = '1"\n[[package]]\nname = "mine"\nversion = "1.0.0'
        with pytest.raises(HostError, match="takes time 1 from a directory"):
            bench.choose(lock="refreshed")
        assert bench.pins.get("0.8.0") is None

    @pytest.mark.parametrize("fails", [HostError("time does not compile", "Look at it."), KeyboardInterrupt()])
    def test_what_nothing_was_built_with_is_not_pinned(self, bench: Bench, fails: BaseException) -> None:
        bench.newest = "0.3.56"
        with pytest.raises(type(fails)):
            bench.choose(fails, lock="refreshed")
        assert bench.pins.get("0.8.0") is None
        bench.newest = "0.3.55"
        first = bench.choose(lock="refreshed")
        bench.aged(31)
        bench.newest = "0.3.56"
        with pytest.raises(type(fails)):
            bench.choose(fails, lock="refreshed", lock_max_age=30)
        assert bench.choose(lock="refreshed").lock == first.lock

    def test_the_error_of_the_build_names_what_is_pinned(self, bench: Bench) -> None:
        fails = HostError("time does not compile", "Look at it")
        with pytest.raises(HostError, match="time does not compile; the refreshed lock file") as caught:
            bench.choose(fails, lock="refreshed")
        assert caught.value.remedy == "Look at it. Run again to get another one"
        path = bench.choose(lock="refreshed").said["path"]
        with pytest.raises(HostError) as caught:
            bench.choose(fails, lock="refreshed", lock_max_age=0)
        assert caught.value.remedy.endswith(f"lock: {path}")
        assert bench.choose(lock=path).content == Path(path).read_bytes()

    def test_a_build_with_what_is_pinned_fails_as_it_does(self, bench: Bench) -> None:
        bench.choose(lock="refreshed")
        fails = HostError("no room", "Make some")
        with pytest.raises(HostError) as caught:
            bench.choose(fails, lock="refreshed")
        assert caught.value is fails

    def test_killed_between_its_two_files_it_is_the_old_one(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = bench.choose(lock="refreshed")
        bench.newest = "0.3.56"
        write = bench.pins._workplace.write
        written: list[str] = []

        def killed(path: str, content: bytes, mode: int = 0o600) -> None:
            written.append(path)
            if path.endswith(".json"):
                raise KeyboardInterrupt
            write(path, content, mode)

        monkeypatch.setattr(bench.pins._workplace, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.choose(lock="refreshed", lock_max_age=0)
        monkeypatch.undo()
        assert len(written) == 2
        assert bench.choose(lock="refreshed").lock == first.lock


class TestFile:
    def test_it_is_taken_as_it_is(self, bench: Bench) -> None:
        path = bench.directory / "Cargo.lock"
        path.write_bytes(lock())
        chosen = bench.choose(lock=str(path))
        assert (chosen.content, chosen.plan.changed) == (lock(), False)
        assert chosen.said == {"origin": "file", "sha256": hashlib.sha256(lock()).hexdigest(), "path": str(path)}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"\xff\xfe", "is not text"),
            (b"\x7fELF", "is not a lock file"),
            (b"hello", "is not a lock file"),
            (b'[package]\nname = "librespot"\n', "is not a lock file"),
            (b"[[package]]\n", "is not a lock file"),
            (lock().replace(b"0.8.0", b"0.7.1"), r"is for librespot 0\.7\.1"),
            (lock().replace(b'source = "registry+x"\n', b""), "from a directory"),
            (lock().replace(b"registry+x", b"git+x"), r"crates from git\+x"),
            *((content, "is not written as cargo writes it") for content in DISGUISED),
        ],
    )
    def test_what_is_none_for_the_release_is_refused(self, bench: Bench, content: bytes, said: str) -> None:
        path = bench.directory / "Cargo.lock"
        path.write_bytes(content)
        with pytest.raises(LibrespotError, match=said):
            bench.choose(lock=str(path))

    @pytest.mark.parametrize("value", ["newest", "", "/", "/nowhere/Cargo.lock"])
    def test_what_is_no_file_is_named(self, bench: Bench, value: str) -> None:
        with pytest.raises(LibrespotError, match=r"^lock: "):
            bench.choose(lock=value)


@pytest.mark.parametrize(
    "wrong",
    [{"lock_max_age": -1}, {"lock_max_age": 10**23}, {"lock_rust": "new"}, {"lock_rust": "1.85\n"}, {"version": "0.8"}],
)
def test_a_wrong_value_is_named(bench: Bench, wrong: dict[str, Any]) -> None:
    with pytest.raises(LibrespotError, match=rf"^{next(iter(wrong))}: "):
        bench.choose(lock="refreshed", **wrong)
    assert bench.asked == 0
