# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building from a crate, with a cargo that is played: what is refused, what is asked for, what is left behind."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import crate_build
from ansible_collections.hardened.librespot.plugins.module_utils.host.build_host import Toolchain
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.crate_build import CrateBuild
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built, Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import CommandError, HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.lock import locked_crates
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import CrateSource
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import Crate


def locked(**versions: str) -> str:
    """Return the text of a lock file."""
    blocks = [
        f'[[package]]\nname = "{name.replace("_", "-")}"\nversion = "{version}"\nsource = "registry+x"\n'
        f'checksum = "{hashlib.sha256(f"{name} {version}".encode()).hexdigest()}"\n'
        for name, version in versions.items()
    ]
    return "version = 4\n\n" + "\n".join(blocks)


def packed(name: str, version: str, manifest: str = "[package]\n", lock: str = "version = 4\n") -> bytes:
    """Return a ``.crate`` file."""
    files = {
        "Cargo.toml": manifest,
        "Cargo.lock": lock,
        ".cargo_vcs_info.json": json.dumps({"git": {"sha1": "d36f9f1907e8"}}),
        "src/main.rs": "fn main() {}\n",
        ".cargo/config.toml": "[build]\n",
        "rust-toolchain.toml": "[toolchain]\n",
        "rust-toolchain": "nightly\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


class Cargo(Commands):
    """Plays cargo. *crates* is what the registry serves, *index* what its index says of it."""

    def __init__(self, crates: dict[str, bytes]) -> None:
        self.crates = dict(crates)
        self.index = {stem: hashlib.sha256(crate).hexdigest() for stem, crate in crates.items()}
        self.calls: list[tuple[list[str], dict[str, str]]] = []
        self.timeouts: list[float] = []
        self.fails = False
        self.embeds = True
        self.newest: list[str] = []
        self.manifests: list[str] = []
        self.locks: list[str] = []
        self.trees: list[set[str]] = []

    def updates(self, where: Path, argv: Sequence[str]) -> None:
        """Write the next of the *newest* lock files; with ``--precise``, put one crate back."""
        self.manifests.append((where / "Cargo.toml").read_text())
        if "--precise" not in argv:
            (where / "Cargo.lock").write_text(self.newest.pop(0))
        else:
            name, version = argv[2], argv[-1]
            before = (where / "Cargo.lock").read_text()
            moved = next(crate for crate in locked_crates(before) if crate.name == name)
            back = locked(**{name.replace("-", "_"): version}).partition("\n\n")[2]
            made = locked(**{name.replace("-", "_"): moved.version}).partition("\n\n")[2]
            (where / "Cargo.lock").write_text(before.replace(made, back))

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], bool],
        cwd: str,
        env: Mapping[str, str],
        timeout: float,
        remedy: str = "",
    ) -> None:
        del remedy
        self.timeouts.append(timeout)
        self.calls.append((list(argv), dict(env)))
        where = Path(cwd)
        if (where / ".cargo_vcs_info.json").exists():
            self.trees.append({path.name for path in where.iterdir()})
        if "generate-lockfile" in argv:
            blocks = [
                '[[package]]\nname = "{}"\nversion = "{}"\nchecksum = "{}"\n'.format(*stem.rsplit("-", 1), digest)
                for stem, digest in self.index.items()
            ]
            (where / "Cargo.lock").write_text("version = 4\n\n" + "\n".join(blocks))
        elif "info" in argv:
            stem = argv[-1].replace("@", "-")
            cache = Path(env["CARGO_HOME"], "registry/cache/registry-of-the-test")
            cache.mkdir(parents=True, exist_ok=True)
            (cache / f"{stem}.crate").write_bytes(self.crates[stem])
        elif "update" in argv:
            self.updates(where, argv)
        elif "metadata" in argv:
            packages = [
                {"name": name, "version": "1.0.0", "license": declared, "license_file": None}
                for name, declared in (("tokio", "MIT"), ("alone", None))
            ]
            on_line(json.dumps({"packages": packages}))
        elif "tree" in argv:
            for line in ("librespot v9.9.9", "tokio v1.0.0", "tokio v1.0.0 (*)"):
                on_line(line)
        elif "build" in argv:
            if self.fails:
                raise CommandError(tuple(argv), 101, "error: linking failed")
            compiled = {"reason": "compiler-artifact", "package_id": "registry#tokio@1.0.0"}
            for features in (["rt"], ["default", "rt"]):
                assert on_line(json.dumps({**compiled, "features": features}))
            assert not on_line("warning: for people")
            self.locks.append((where / "Cargo.lock").read_text())
            name = where.name.rsplit("-", 1)[0]
            target = Path(env["CARGO_TARGET_DIR"], "release" if "--release" in argv else "debug")
            target.mkdir(parents=True)
            embedded = " .dep-v0" if "RUSTC_WRAPPER" in env and self.embeds else ""
            (target / name).write_bytes(f"program {name}{embedded}".encode())


class Bench:
    """One build host."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, manifest: str = "[package]\n", lock: str = "version = 4\n"
    ) -> None:
        self.root = root
        tool, crate = packed("cargo-auditable", "0.0.1"), packed("librespot", "9.9.9", manifest, lock)
        self.cargo = Cargo({"cargo-auditable-0.0.1": tool, "librespot-9.9.9": crate})
        auditable = Crate("cargo-auditable", "0.0.1", hashlib.sha256(tool).hexdigest())
        monkeypatch.setattr(crate_build, "AUDITABLE", auditable)
        release = Crate("librespot", "9.9.9", hashlib.sha256(crate).hexdigest())
        self.source = CrateSource(release, (1, 85), ("alsa-backend", "with-libmdns"), 86400)
        self.said: list[str] = []

    def build(self, lock: str = "") -> Built:
        workplace = Workplace(Files(), str(self.root / "work"))
        toolchain = Toolchain({"PATH": "/usr/bin", "HOME": "/home/builder"}, {"cargo": "cargo 1.85.0"})
        build = CrateBuild(self.cargo, workplace, toolchain, {"HTTPS_PROXY": "proxy"}, self.said.append, 60)
        with workplace.occupied("a test", 1):
            return build.build(self.source, lock.encode())

    def compilations(self) -> list[str]:
        return [argv[-1] for argv, _env in self.cargo.calls if "build" in argv]

    def environment(self) -> dict[str, str]:
        return next(env for argv, env in self.cargo.calls if "--release" in argv)

    def left(self) -> set[str]:
        return {path.name for path in (self.root / "work").iterdir()}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


class TestBuild:
    def test_the_program_and_where_it_came_from(self, bench: Bench) -> None:
        built = bench.build()
        assert built.binary == b"program librespot .dep-v0"
        assert built.facts["crate_sha256"] == built.facts["index_sha256"] == bench.source.crate.sha256
        assert built.files["Cargo.lock"] == b"version = 4\n"
        assert built.facts["lock_sha256"] == hashlib.sha256(b"version = 4\n").hexdigest()

    def test_what_cargo_knows_of_each_crate_and_the_features_of_those_that_were_compiled(self, bench: Bench) -> None:
        alone, tokio = json.loads(bench.build().files["crates.json"])["crates"]
        assert alone == {"name": "alone", "version": "1.0.0", "license": "", "license_file": ""}
        assert (tokio["license"], tokio["features"]) == ("MIT", ["default", "rt"])

    def test_another_lock_file_is_what_it_is_built_with(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        upstream, own = locked(tokio="1.0.0"), locked(tokio="1.0.1")
        bench = Bench(tmp_path, monkeypatch, lock=upstream)
        built = bench.build(own)
        assert bench.cargo.locks[-1] == own
        assert built.files["Cargo.lock"] == own.encode()
        assert built.files["upstream.lock"] == upstream.encode()
        assert built.facts["lock_sha256"] == hashlib.sha256(own.encode()).hexdigest()

    def test_cargo_takes_no_orders_from_a_crate(self, bench: Bench) -> None:
        bench.build()
        assert bench.cargo.trees
        for tree in bench.cargo.trees:
            assert tree == {"Cargo.toml", "Cargo.lock", ".cargo_vcs_info.json", "src"}

    def test_exactly_the_chosen_features_are_compiled_as_locked(self, bench: Bench) -> None:
        bench.build()
        argv = next(argv for argv, _env in bench.cargo.calls if "--release" in argv)
        assert {"--release", "--locked", "--no-default-features"} < set(argv)
        assert argv[argv.index("--features") + 1] == "alsa-backend with-libmdns"

    def test_the_compiler_gets_no_more_time_than_the_build_has(self, bench: Bench) -> None:
        bench.build()
        calls = zip(bench.cargo.calls, bench.cargo.timeouts, strict=True)
        (given,) = (timeout for (argv, _env), timeout in calls if "--release" in argv)
        assert 0 < given <= 60

    def test_a_panic_never_ends_the_process(self, bench: Bench) -> None:
        bench.build()
        assert bench.environment()["CARGO_PROFILE_RELEASE_PANIC"] == "unwind"

    def test_it_is_linked_for_full_relro(self, bench: Bench) -> None:
        bench.build()
        assert "link-arg=-Wl,-z,relro,-z,now" in bench.environment()["CARGO_ENCODED_RUSTFLAGS"].split("\x1f")

    def test_neither_place_nor_time_nor_a_repository_around_it_is_compiled_in(self, bench: Bench) -> None:
        built = bench.build()
        environment = bench.environment()
        flags = environment["CARGO_ENCODED_RUSTFLAGS"].split("\x1f")
        scratch = str(Path(environment["CARGO_TARGET_DIR"]).parent)
        assert f"--remap-path-prefix={scratch}=/build" in flags
        assert f"--remap-path-prefix={environment['CARGO_HOME']}=/cargo" in flags
        assert environment["SOURCE_DATE_EPOCH"] == "86400"
        assert environment["VERGEN_GIT_SHA"] == "d36f9f1"
        assert str(bench.root) not in json.dumps(built.facts)

    def test_the_place_of_the_tool_is_no_input_of_the_program(self, bench: Bench) -> None:
        bench.build()
        (argv,) = (argv for argv, _env in bench.cargo.calls if "--release" in argv)
        assert argv[0] == "cargo"
        assert "RUSTC_WORKSPACE_WRAPPER" not in bench.environment()
        assert bench.environment()["RUSTC_WRAPPER"].startswith(f"{bench.root}/work/tools/cargo-auditable-")

    def test_the_way_to_the_registry_is_passed_on(self, bench: Bench) -> None:
        bench.build()
        assert all(env["HTTPS_PROXY"] == "proxy" for _argv, env in bench.cargo.calls)

    def test_only_what_the_next_build_needs_is_left(self, bench: Bench) -> None:
        bench.build()
        assert bench.left() == {"cargo", "lock", "tools"}

    def test_the_tool_is_built_once(self, bench: Bench) -> None:
        bench.build()
        before = len(bench.compilations())
        bench.build()
        assert len(bench.compilations()) == before + 1

    def test_it_says_what_it_does(self, bench: Bench) -> None:
        bench.build()
        assert bench.said[-1] == "compiling librespot 9.9.9: 1 of 2 crates (tokio 1.0.0)"


class TestRefusal:
    def test_one_byte_changed_in_the_crate(self, bench: Bench) -> None:
        crate = bench.cargo.crates["librespot-9.9.9"]
        bench.cargo.crates["librespot-9.9.9"] = crate[:-1] + bytes([crate[-1] ^ 1])
        self.refuse(bench, "has the digest .*, pinned is")

    def test_an_index_that_says_something_else(self, bench: Bench) -> None:
        bench.cargo.index["librespot-9.9.9"] = "0" * 64
        self.refuse(bench, "The index has 0000")

    def test_a_version_that_the_index_does_not_have(self, bench: Bench) -> None:
        del bench.cargo.index["librespot-9.9.9"]
        self.refuse(bench, "The index has no checksum")

    def test_a_crate_of_the_tool_that_was_changed(self, bench: Bench) -> None:
        bench.cargo.crates["cargo-auditable-0.0.1"] += b"\0"
        with pytest.raises(HostError, match="pinned is"):
            bench.build()
        assert bench.compilations() == []

    def test_a_profile_that_ends_the_process_at_a_panic(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuse(Bench(tmp_path, monkeypatch, '[profile.release]\npanic = "abort"\n'), "panic = abort")

    def test_a_lock_file_that_takes_what_upstream_does_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bench = Bench(tmp_path, monkeypatch, lock=locked(tokio="1.0.0"))
        own = locked(tokio="1.0.1").replace("registry+x", "registry+y")
        self.refuse(bench, r"takes tokio 1\.0\.1 from registry\+y", own)

    @staticmethod
    def refuse(bench: Bench, message: str, lock: str = "") -> None:
        with pytest.raises(HostError, match=message):
            bench.build(lock)
        assert not any("--release" in argv for argv, _env in bench.cargo.calls)
        assert bench.left() == {"cargo", "lock", "tools"}


def test_a_program_that_does_not_name_its_dependencies_is_refused(bench: Bench) -> None:
    bench.cargo.embeds = False
    with pytest.raises(HostError, match="has not written the dependencies"):
        bench.build()
    assert bench.left() == {"cargo", "lock", "tools"}


def test_after_a_failed_build_nothing_is_left_of_it(bench: Bench) -> None:
    bench.cargo.fails = True
    with pytest.raises(CommandError, match="linking failed"):
        bench.build()
    assert bench.left() == {"cargo", "lock"}


def test_what_a_killed_build_left_is_removed(bench: Bench) -> None:
    bench.build()
    (bench.root / "work/unfinished-0123/target").mkdir(parents=True)
    bench.build()
    assert bench.left() == {"cargo", "lock", "tools"}
