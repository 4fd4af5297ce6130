# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of a host, in a tree of the test's own."""

from __future__ import annotations

import errno
import gzip
import io
import os
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result, machine
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.libraries import Libraries
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import (
    BINARY,
    CHECKSUMS,
    FILES,
    MANIFEST,
    SBOM,
    digests,
    encode_checksums,
    encode_manifest,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.layout import (
    CURRENT,
    OF_RELEASES,
    RELEASES,
    ROOT,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.releases import Outcome, Releases

OWNER = (os.getuid(), os.getgid())
OLD, NEW, OTHER = (f"0.{minor}.0-{machine()}-glibc2.36-{'0' * 11}{minor}" for minor in (7, 8, 9))


class Host(Commands):
    """Answers for the program that is tried; *version* is what it says that it is."""

    def __init__(self) -> None:
        self.version = ""
        self.tried: list[tuple[str, int | None]] = []

    def run(self, argv: Sequence[str], *_arguments: Any, **options: Any) -> Result:
        if argv[0].endswith(BINARY):
            self.tried.append((argv[0], options.get("user")))
            version = self.version or argv[0]
            return Result(tuple(argv), 0, f"librespot {version} abcdefg (Built on 2025-11-10)\n", "")
        return Result(tuple(argv), 0, "systemd 257 (257)\n+X", "")


class Loader(Libraries):
    """A loader that has the libraries *there*, and a distribution that has all others."""

    def __init__(self, there: set[str]) -> None:
        self.there = there

    def loads(self, name: str) -> bool:
        return name in self.there

    def install(self, names: Sequence[str]) -> None:
        self.there.update(names)

    def packages(self, names: Sequence[str]) -> list[str]:
        return [f"package-of-{name}" for name in names]


NEEDS = {"architecture": machine(), "glibc": "2.17", "libraries": ["libasound.so.2"]}


def artifact(identifier: str, **binary: Any) -> dict[str, bytes]:
    """Return the files of an artifact whose program needs what *binary* says."""
    needs = {**NEEDS, **binary}
    manifest = {"id": identifier, "version": identifier.partition("-")[0], "binary": needs}
    contents = {BINARY: f"program {identifier}".encode(), SBOM: b"{}\n", MANIFEST: encode_manifest(manifest)}
    return {**contents, CHECKSUMS: encode_checksums(digests(contents))}


class Bench:
    """One host in *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "opt").mkdir()
        (root / "usr/lib").mkdir(parents=True)
        (root / "usr/lib/os-release").write_text("ID=debian\nVERSION_ID=13\n")
        self.commands = Host()
        self.loader = Loader({"libasound.so.2"})
        self.files = Files(str(root))

    def releases(self, files: Files | None = None) -> Releases:
        return Releases(self.commands, files or self.files, self.loader, OWNER)

    def run(self, state: str = "present", check: bool = False, files: Files | None = None, **params: Any) -> Outcome:
        given = {
            "id": None,
            "checksums": None,
            "binary": None,
            "src": None,
            "keep": 2,
            "protect": [],
            "install_libraries": True,
            **params,
        }
        return self.releases(files).run({"state": state, **given}, check)

    def upload(self, contents: dict[str, bytes]) -> str:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        (self.root / "upload").write_bytes(gzip.compress(archive.getvalue()))
        return "/upload"

    def install(self, identifier: str, files: Files | None = None, **params: Any) -> Outcome:
        contents = artifact(identifier)
        self.commands.version = identifier.partition("-")[0]
        params = {"src": self.upload(contents), "checksums": digests(contents), **params}
        return self.run(id=identifier, files=files, **params)

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def active(self) -> str:
        return os.path.basename(os.readlink(self.path(CURRENT)))

    def previous(self) -> str:
        return os.path.basename(os.readlink(self.path(OF_RELEASES.before_link(self.active()))))

    def snapshot(self) -> dict[str, object]:
        return {
            str(path): os.readlink(path) if path.is_symlink() else path.is_dir() or path.read_bytes()
            for path in sorted(self.path("/opt").rglob("*"))
        }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def changed(outcome: Outcome) -> bool:
    return any(plan.changed for plan in outcome.plans)


class TestPresent:
    def test_a_release_is_installed_and_active(self, bench: Bench) -> None:
        assert changed(bench.install(NEW))
        assert bench.path(f"{CURRENT}/{BINARY}").read_bytes() == f"program {NEW}".encode()
        assert os.readlink(bench.path(CURRENT)) == f"releases/{NEW}"

    def test_nobody_can_write_to_it(self, bench: Bench) -> None:
        bench.install(NEW)
        for path in bench.path(f"{RELEASES}/{NEW}").rglob("*"):
            assert path.stat().st_mode & 0o222 == 0

    def test_it_is_tried_as_nobody_before_it_gets_its_name(self, bench: Bench) -> None:
        bench.install(NEW)
        ((path, user),) = bench.commands.tried
        assert "/.new-" in path
        assert user == 65534

    def test_the_second_run_changes_nothing_and_needs_no_upload(self, bench: Bench) -> None:
        bench.install(NEW)
        outcome = bench.run(id=NEW, checksums=digests(artifact(NEW)))
        assert not outcome.missing
        assert not changed(outcome)

    def test_check_mode_on_a_fresh_host_predicts_the_change_and_makes_none(self, bench: Bench) -> None:
        assert changed(bench.run(id=NEW, check=True))
        assert bench.snapshot() == {}

    def test_check_mode_predicts_the_libraries_that_will_be_installed(self, bench: Bench) -> None:
        bench.loader.there.clear()
        outcome = bench.run(id=NEW, binary=NEEDS, check=True)
        assert "shared libraries" in [plan.subject for plan in outcome.plans if plan.changed]
        assert bench.loader.there == set()

    def test_check_mode_refuses_what_the_run_would_refuse(self, bench: Bench) -> None:
        bench.loader.there.clear()
        with pytest.raises(HostError, match="package-of-libasound"):
            bench.run(id=NEW, binary=NEEDS, check=True, install_libraries=False)

    def test_without_an_upload_it_says_what_is_missing(self, bench: Bench) -> None:
        outcome = bench.run(id=NEW, checksums=digests(artifact(NEW)))
        assert outcome.missing
        assert bench.snapshot() == {}

    def test_what_was_active_is_the_previous_one(self, bench: Bench) -> None:
        bench.install(OLD)
        bench.install(NEW)
        assert (bench.active(), bench.previous()) == (NEW, OLD)

    @pytest.mark.parametrize("name", FILES)
    def test_a_changed_byte_is_noticed_and_repaired(self, bench: Bench, name: str) -> None:
        bench.install(NEW)
        path = bench.path(f"{RELEASES}/{NEW}/{name}")
        whole = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert bench.run(id=NEW, checksums=digests(artifact(NEW))).missing
        bench.install(NEW)
        assert path.read_bytes() == whole
        assert bench.files.names(RELEASES) == [NEW]

    def test_a_file_that_was_added_is_removed(self, bench: Bench) -> None:
        bench.install(NEW)
        directory = bench.path(f"{RELEASES}/{NEW}/bin")
        directory.chmod(0o755)
        (directory / "more").write_text("x")
        bench.install(NEW)
        assert not (directory / "more").exists()

    def test_old_releases_go_and_the_needed_ones_stay(self, bench: Bench) -> None:
        for day, minor in enumerate((1, 2, 3, 4, 5)):
            identifier = OLD.replace("0.7.0", f"0.{minor}.0")
            bench.install(identifier, keep=1)
            os.utime(bench.path(f"{RELEASES}/{identifier}"), (day, day))
        kept = [name.partition("-")[0] for name in bench.files.names(RELEASES)]
        assert kept == ["0.3.0", "0.4.0", "0.5.0"]

    def test_what_a_rollout_goes_back_to_stays(self, bench: Bench) -> None:
        """A run that was to replace OLD was killed after NEW, and the next one wants another."""
        bench.install(OLD, keep=0)
        bench.install(NEW, keep=0, protect=[OLD])
        bench.install(OTHER, keep=0, protect=[OLD, "", OLD.replace("0.7.0", "0.6.0")])
        assert bench.files.names(RELEASES) == [OLD, NEW, OTHER]
        bench.run("rollback", id=OLD, keep=0)
        assert bench.active() == OLD
        bench.run("rollback", id=OTHER, keep=0)
        assert bench.files.names(RELEASES) == [OLD, OTHER]

    def test_a_missing_library_is_installed(self, bench: Bench) -> None:
        bench.loader.there.clear()
        assert changed(bench.install(NEW))
        assert bench.loader.there == {"libasound.so.2"}

    def test_a_missing_library_is_named_with_its_package_when_it_may_not_be_installed(self, bench: Bench) -> None:
        bench.loader.there.clear()
        with pytest.raises(HostError, match=r"apt-get install .* package-of-libasound"):
            bench.install(NEW, install_libraries=False)
        assert bench.snapshot() == {}


class TestRefusal:
    @pytest.mark.parametrize("check", [False, True])
    @pytest.mark.parametrize("need", [{"architecture": "pdp11"}, {"glibc": "9.99"}])
    def test_what_cannot_run_here_is_refused_before_it_is_uploaded(
        self, bench: Bench, need: dict[str, str], check: bool
    ) -> None:
        with pytest.raises(HostError, match="this host"):
            bench.run(id=NEW, checksums=digests(artifact(NEW)), binary={**NEEDS, **need}, check=check)

    @pytest.mark.parametrize("name", FILES)
    def test_one_byte_changed_on_the_way_changes_nothing_on_the_host(self, bench: Bench, name: str) -> None:
        bench.install(OLD)
        before = bench.snapshot()
        contents = artifact(NEW)
        altered = {**contents, name: contents[name][:-1] + bytes([contents[name][-1] ^ 1])}
        with pytest.raises(HostError, match=f"{name} arrived with the digest"):
            bench.run(id=NEW, src=bench.upload(altered), checksums=digests(contents))
        assert bench.snapshot() == before

    @pytest.mark.parametrize(
        ("needs", "message"),
        [
            ({"architecture": "sparc"}, "is for sparc"),
            ({"glibc": "9.99"}, "needs glibc 9.99"),
        ],
    )
    def test_what_cannot_run_here_is_refused(self, bench: Bench, needs: dict[str, str], message: str) -> None:
        contents = artifact(NEW, **needs)
        with pytest.raises(HostError, match=message):
            bench.run(id=NEW, src=bench.upload(contents), checksums=digests(contents))
        assert bench.snapshot() == {}

    def test_a_program_that_is_another_version_is_refused(self, bench: Bench) -> None:
        bench.install(OLD)
        before = bench.snapshot()
        contents = artifact(NEW)
        with pytest.raises(HostError, match=r"not librespot 0\.8\.0"):
            bench.run(id=NEW, src=bench.upload(contents), checksums=digests(contents))
        assert bench.snapshot() == before

    def test_fewer_than_no_releases_cannot_be_kept(self, bench: Bench) -> None:
        with pytest.raises(LibrespotError, match="keep: -1"):
            bench.run(id=NEW, keep=-1)

    @pytest.mark.parametrize("state", ["present", "rollback"])
    def test_what_is_protected_is_named(self, bench: Bench, state: str) -> None:
        bench.install(NEW)
        before = bench.snapshot()
        with pytest.raises(LibrespotError, match=r"protect\[1\]: '\.\./x' is not an artifact's identifier"):
            bench.run(state, id=NEW, protect=[OLD, "../x"])
        assert bench.snapshot() == before

    @pytest.mark.parametrize("identifier", ["", "..", "../../etc", "0.8.0-x86_64-glibc2.36-0123456789ab/..", "0.8.0"])
    def test_what_is_no_identifier_is_refused(self, bench: Bench, identifier: str) -> None:
        with pytest.raises(LibrespotError, match="is not an artifact's identifier"):
            bench.run(id=identifier)

    @pytest.mark.parametrize("planted", [ROOT, RELEASES, f"{RELEASES}/{NEW}", f"{RELEASES}/{NEW}/bin"])
    def test_a_planted_link_is_never_followed(self, bench: Bench, planted: str) -> None:
        elsewhere = bench.root / "elsewhere"
        elsewhere.mkdir()
        bench.path(planted).parent.mkdir(parents=True, exist_ok=True)
        bench.path(planted).symlink_to(elsewhere)
        with pytest.raises(HostError, match=r"symbolic link|something else"):
            bench.install(NEW)
        assert list(elsewhere.iterdir()) == []

    @pytest.mark.parametrize("planted", [CURRENT, OF_RELEASES.before_link(NEW)])
    def test_a_link_planted_in_place_of_ours_is_replaced_and_not_followed(self, bench: Bench, planted: str) -> None:
        elsewhere = bench.root / "elsewhere"
        elsewhere.mkdir()
        bench.install(OLD)
        bench.path(planted).unlink(missing_ok=True)
        bench.path(planted).symlink_to(elsewhere)
        bench.install(NEW)
        assert bench.active() == NEW
        assert list(elsewhere.iterdir()) == []
        assert "elsewhere" not in [
            os.path.basename(os.readlink(p)) for p in bench.path(ROOT).rglob("*") if p.is_symlink()
        ]


class TestRollback:
    def test_the_previous_release_is_active_again(self, bench: Bench) -> None:
        bench.install(OLD)
        bench.install(NEW)
        outcome = bench.run("rollback")
        assert outcome.identifier == OLD
        assert (bench.active(), bench.previous()) == (OLD, NEW)

    def test_an_installed_release_can_be_named(self, bench: Bench) -> None:
        for identifier in (OLD, NEW, OTHER):
            bench.install(identifier)
        bench.run("rollback", id=OLD)
        assert bench.active() == OLD
        assert not changed(bench.run("rollback", id=OLD))

    def test_check_mode_predicts_it(self, bench: Bench) -> None:
        bench.install(OLD)
        bench.install(NEW)
        assert changed(bench.run("rollback", check=True))
        assert bench.active() == NEW

    def test_without_a_previous_release_it_says_so(self, bench: Bench) -> None:
        bench.install(NEW)
        with pytest.raises(HostError, match="no previous release"):
            bench.run("rollback")

    def test_a_damaged_release_is_not_returned_to(self, bench: Bench) -> None:
        bench.install(OLD)
        bench.install(NEW)
        path = bench.path(f"{RELEASES}/{OLD}/{BINARY}")
        path.chmod(0o700)
        path.write_bytes(b"another program")
        with pytest.raises(HostError, match="is not as the artifact has it"):
            bench.run("rollback")
        assert bench.active() == NEW


class TestAbsent:
    def test_nothing_of_ours_is_left(self, bench: Bench) -> None:
        bench.install(OLD)
        bench.install(NEW)
        assert changed(bench.run("absent"))
        assert bench.snapshot() == {}
        assert not changed(bench.run("absent"))

    def test_what_is_not_ours_stays(self, bench: Bench) -> None:
        bench.install(NEW)
        bench.path(f"{ROOT}/libexec").mkdir()
        bench.run("absent")
        assert [path.name for path in bench.path(ROOT).rglob("*")] == ["libexec"]
        assert not changed(bench.run("absent"))


class Faulty(Files):
    """Files that do *fault* instead of the change number *turn*, counted from 0."""

    def __init__(self, root: str, turn: int, fault: Callable[[], None]) -> None:
        super().__init__(root)
        self._left = turn
        self._fault = fault

    def _change(self) -> None:
        if self._left == 0:
            self._fault()
        self._left -= 1

    def write(self, *args: Any, **options: Any) -> None:
        self._change()
        super().write(*args, **options)

    def link(self, path: str, target: str) -> None:
        self._change()
        super().link(path, target)

    def directory(self, *args: Any, **options: Any) -> None:
        self._change()
        super().directory(*args, **options)

    def rename(self, path: str, new: str) -> None:
        self._change()
        super().rename(path, new)

    def own(self, *args: Any, **options: Any) -> None:
        self._change()
        super().own(*args, **options)


KILLED = 99


def full() -> None:
    raise HostError(os.strerror(errno.ENOSPC), "Free space")


def killed() -> None:
    os._exit(KILLED)


CHANGES = 11
"""The changes of an installation that replaces another: two directories, four files, their modes, three names."""


def kill_at(bench: Bench, turn: int) -> None:
    """Install NEW in a process that is killed at its change number *turn*, or ends when it has no more."""
    child = os.fork()
    if child == 0:
        try:
            bench.install(NEW, Faulty(str(bench.root), turn, killed))
        finally:
            # The child must not go on with the tests; what it did not survive shows in its status.
            os._exit(os.EX_SOFTWARE if sys.exc_info()[0] else 0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == (KILLED if turn < CHANGES else 0)


class TestFaults:
    @pytest.mark.parametrize("turn", range(CHANGES))
    def test_on_a_full_disk_the_old_release_stays(self, bench: Bench, turn: int) -> None:
        bench.install(OLD)
        before = bench.snapshot()
        with pytest.raises(HostError, match="No space"):
            bench.install(NEW, Faulty(str(bench.root), turn, full))
        assert bench.active() == OLD
        assert {path for path in bench.snapshot() if "/.new-" in path} == set()
        assert before.items() <= bench.snapshot().items()
        bench.install(NEW)
        assert (bench.active(), bench.previous()) == (NEW, OLD)

    @pytest.mark.parametrize("turn", range(CHANGES + 1))
    def test_killed_at_any_change_the_next_run_converges(self, bench: Bench, turn: int) -> None:
        bench.install(OLD)
        kill_at(bench, turn)
        active = bench.active()
        assert active in {OLD, NEW}
        assert bench.path(f"{CURRENT}/{BINARY}").read_bytes() == f"program {active}".encode()
        bench.install(NEW)
        assert (bench.active(), bench.previous()) == (NEW, OLD)
        assert bench.files.names(RELEASES) == [OLD, NEW]
        assert not changed(bench.run(id=NEW, checksums=digests(artifact(NEW))))

    @pytest.mark.parametrize("turn", range(CHANGES + 1))
    def test_killed_at_any_change_what_was_active_before_is_not_forgotten(self, bench: Bench, turn: int) -> None:
        bench.install(OTHER)
        bench.install(OLD)
        kill_at(bench, turn)
        active = bench.active()
        assert bench.run("rollback").identifier == {OLD: OTHER, NEW: OLD}[active]
