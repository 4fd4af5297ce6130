# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds librespot from its crate, so that the same inputs give the same bytes."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import time
from collections.abc import Mapping

from ..model.cargo import (
    NAME_IT,
    aborts_on_panic,
    compiled_crate,
    listed_crate,
    locked_checksum,
    replacement,
    unnamed_replacement,
)
from ..model.errors import CommandError, HostError
from ..model.recipes import CrateSource
from ..model.releases import AUDITABLE, Crate
from .archive import plain_files
from .build_host import Toolchain
from .command import Commands
from .workplace import Built, Say, Workplace

_PROFILE = {
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_DEBUG": "false",
    "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS": "false",
    "CARGO_PROFILE_RELEASE_INCREMENTAL": "false",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "3",
    # A request that panics must end its own task, never the process.
    "CARGO_PROFILE_RELEASE_PANIC": "unwind",
    "CARGO_PROFILE_RELEASE_STRIP": "symbols",
}
# Programs are position-independent by default. To ask for it would reach the macros that rustc loads as well: compiled
# as parts of a program, their thread-local variables overwrite the compiler's, and it fails now here, now there.
_FLAGS = ("-C", "link-arg=-Wl,-z,relro,-z,now")
_FETCH_TIMEOUT = 1800.0
_SPEAK_EVERY = 1.0

_EMBEDDED = b".dep-v0"
"""The section of the program that names what was compiled."""


def _embed(auditable: str) -> dict[str, str]:
    """Return what makes cargo call cargo-auditable at *auditable* around the compiler.

    ``cargo auditable`` would name itself as the wrapper of the workspace, and of that one cargo mixes the path into the
    names of all symbols: another directory gave another program. It says the same as here besides, of the arguments
    that it was given (cargo-auditable 0.7.1, src/cargo_auditable.rs).
    """
    given = {"offline": False, "locked": True, "frozen": False, "config": []}
    return {"RUSTC_WRAPPER": auditable, "CARGO_AUDITABLE_ORIG_ARGS": json.dumps(given)}


class CrateBuild:
    """Builds with *toolchain* in *workplace*, for at most *timeout* seconds.

    *network* are variables that the network of this host asks for.
    """

    def __init__(
        self,
        commands: Commands,
        workplace: Workplace,
        toolchain: Toolchain,
        network: Mapping[str, str],
        say: Say,
        timeout: float,
    ) -> None:
        self._end = time.monotonic() + timeout
        self._commands = commands
        self._workplace = workplace
        self._toolchain = toolchain
        self._say = say
        # Crates that were fetched once are kept; cargo checks them against the lock file each time.
        self._home = f"{workplace.path}/cargo"
        self._environment = {**network, **toolchain.environment, "CARGO_HOME": self._home}

    def build(self, source: CrateSource) -> Built:
        """Fetch, verify and compile *source*. Raises `HostError` for whatever is not as it was pinned."""
        self._workplace.directory(self._home)
        auditable = self._auditable()
        with self._workplace.scratch() as scratch:
            index_sha256, tree = self._fetch(source.crate, scratch)
            hidden = {scratch: "/build", self._home: "/cargo"}
            flags = [f"--remap-path-prefix={path}={name}" for path, name in hidden.items()]
            environment = {
                **_PROFILE,
                **_embed(auditable),
                "CARGO_ENCODED_RUSTFLAGS": "\x1f".join([*flags, *_FLAGS]),
                "CARGO_TARGET_DIR": f"{scratch}/target",
                "CFLAGS": " ".join(f"-ffile-prefix-map={path}={name}" for path, name in hidden.items()),
                "SOURCE_DATE_EPOCH": str(source.source_date_epoch),
                # The commit that librespot prints would else be asked of git, or of a repository around this directory.
                "VERGEN_GIT_SHA": self._commit(tree)[:7],
                "VERGEN_GIT_COMMIT_DATE": time.strftime("%Y-%m-%d", time.gmtime(source.source_date_epoch)),
            }
            chosen = ["--no-default-features", "--features", " ".join(source.features)]
            self._compile(source.crate, ["cargo", "build", "--release"], chosen, tree, environment)
            binary = self._workplace.read(f"{scratch}/target/release/librespot")
            if _EMBEDDED not in binary:
                raise HostError(
                    f"{AUDITABLE.name} {AUDITABLE.version} has not written the dependencies into the program",
                    "Nothing was installed; report it with the version of cargo on the build host",
                )
            lock = self._workplace.read(f"{tree}/Cargo.lock")
        return Built(
            binary,
            {
                "crate_sha256": source.crate.sha256,
                "index_sha256": index_sha256,
                "lock_sha256": hashlib.sha256(lock).hexdigest(),
                "cargo_auditable": AUDITABLE.version,
                "rustflags": list(_FLAGS),
                "profile": dict(_PROFILE),
                **self._toolchain.versions,
            },
        )

    def _commit(self, tree: str) -> str:
        """Return the commit that cargo recorded when the crate was published."""
        recorded = json.loads(self._workplace.read(f"{tree}/.cargo_vcs_info.json"))
        return str(recorded["git"]["sha1"])

    def _auditable(self) -> str:
        """Return cargo-auditable, building the pinned one when this workplace has none for this compiler."""
        compiler = hashlib.sha256(json.dumps(dict(self._toolchain.versions), sort_keys=True).encode()).hexdigest()[:12]
        path = f"{self._workplace.path}/tools/{AUDITABLE.name}-{AUDITABLE.version}-{compiler}"
        if not os.path.exists(path):
            with self._workplace.scratch() as scratch:
                _index, tree = self._fetch(AUDITABLE, scratch)
                # It runs for a second at the end of a build: to compile it quickly is all that matters.
                environment = {"CARGO_TARGET_DIR": f"{scratch}/target", "CARGO_PROFILE_DEV_DEBUG": "false"}
                self._compile(AUDITABLE, ["cargo", "build"], [], tree, environment)
                self._workplace.write(path, self._workplace.read(f"{scratch}/target/debug/{AUDITABLE.name}"), 0o700)
        return path

    def _fetch(self, crate: Crate, scratch: str) -> tuple[str, str]:
        """Return the index's checksum of *crate*, and the directory in *scratch* that now holds its files."""
        self._say(f"asking the registry for {crate.name} {crate.version}")
        asking = f"{scratch}/index"
        self._workplace.write(f"{asking}/src/lib.rs", b"")
        self._workplace.write(
            f"{asking}/Cargo.toml",
            f'[package]\nname = "index"\nversion = "0.0.0"\nedition = "2021"\n\n'
            f'[dependencies.{crate.name}]\nversion = "={crate.version}"\ndefault-features = false\n'.encode(),
        )
        remedy = "Look at the build host's network and proxy, and whether this version was yanked"
        self._cargo(["cargo", "generate-lockfile"], asking, remedy)
        indexed = locked_checksum(self._workplace.read(f"{asking}/Cargo.lock").decode(), crate.name, crate.version)
        if indexed != crate.sha256:
            raise HostError(
                f"The index has {indexed or 'no checksum'} for {crate.name} {crate.version}, pinned is {crate.sha256}",
                "Nothing was downloaded. The registry and the pin must agree: find out which of them was changed",
            )
        self._download(crate, asking, remedy)
        return indexed, self._unpack(crate, scratch)

    def _download(self, crate: Crate, where: str, remedy: str) -> None:
        """Let cargo describe the crate, for which it downloads it alone: to fetch it would bring its dependencies."""
        argv = ["cargo", "info", f"{crate.name}@{crate.version}"]
        try:
            self._cargo(argv, where, remedy)
        except CommandError as error:
            mirror = replacement(error.output)
            if unnamed_replacement(error.output):
                raise HostError(f"cargo did not get {crate.name} {crate.version}: {error.said}", NAME_IT) from error
            if not mirror:
                raise
            self._cargo([*argv, "--registry", mirror], where, remedy)

    def _unpack(self, crate: Crate, scratch: str) -> str:
        stem = f"{crate.name}-{crate.version}"
        found = glob.glob(f"{glob.escape(self._home)}/registry/cache/*/{stem}.crate")
        archive = self._workplace.read(found[0]) if found else b""
        digest = hashlib.sha256(archive).hexdigest()
        if digest != crate.sha256:
            raise HostError(
                f"{stem}.crate has the digest {digest}, pinned is {crate.sha256}",
                f"Nothing was built from it. Remove {self._home}/registry on the build host and run again",
            )
        for name, content in plain_files(archive, f"{stem}.crate"):
            if not name.startswith(f"{stem}/"):
                raise HostError(f"{stem}.crate holds {name}, outside of {stem}", "Nothing was built from it")
            self._workplace.write(f"{scratch}/{name}", content)
        tree = f"{scratch}/{stem}"
        if aborts_on_panic(self._workplace.read(f"{tree}/Cargo.toml").decode()):
            raise HostError(
                f"{stem} asks for panic = abort: one malformed request would then end the whole process",
                "Nothing was built; take another version",
            )
        return tree

    def _cargo(self, argv: list[str], where: str, remedy: str) -> None:
        self._commands.stream(argv, lambda _line: False, where, self._environment, _FETCH_TIMEOUT, remedy)

    def _compile(
        self, crate: Crate, build: list[str], chosen: list[str], tree: str, environment: Mapping[str, str]
    ) -> None:
        """Run the command *build* for *crate* with the *chosen* features, and say how far it is."""
        self._say(f"downloading the dependencies of {crate.name} {crate.version}")
        self._cargo(["cargo", "fetch", "--locked"], tree, "Look at the build host's network and proxy")
        total = self._count(chosen, tree)
        done: set[str] = set()
        spoken = [0.0]

        def on_line(line: str) -> bool:
            if not line.startswith("{"):
                return False
            name = compiled_crate(line)
            if not name:
                return True
            done.add(name)
            if time.monotonic() - spoken[0] >= _SPEAK_EVERY:
                spoken[0] = time.monotonic()
                self._say(f"compiling {crate.name} {crate.version}: {len(done)} of {total} crates ({name})")
            return True

        self._say(f"compiling {crate.name} {crate.version}: {total} crates")
        self._commands.stream(
            [*build, "--locked", *chosen, "--message-format=json-render-diagnostics"],
            on_line,
            tree,
            {**self._environment, **environment},
            max(1.0, self._end - time.monotonic()),
            "The lines above are the compiler's; a slow host needs a longer timeout",
        )

    def _count(self, chosen: list[str], tree: str) -> int:
        """Return how many crates a build with the *chosen* features compiles."""
        crates: set[str] = set()

        def on_line(line: str) -> bool:
            crates.add(listed_crate(line))
            return True

        argv = ["cargo", "tree", "--locked", "--edges", "no-dev", "--prefix", "none", "--format", "{p}", *chosen]
        self._commands.stream(argv, on_line, tree, self._environment, _FETCH_TIMEOUT)
        return len(crates)
