# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds librespot from its crate, so that the same inputs give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping

from ..model.artifact import LOCK, encode_manifest
from ..model.cargo import compiled_features, described_crates, listed_crate
from ..model.errors import HostError
from ..model.lock import UPSTREAM_LOCK, refuse_lock
from ..model.recipes import CrateSource
from ..model.releases import AUDITABLE, Crate
from .build_host import Toolchain
from .command import Commands
from .crates import FETCH_TIMEOUT, Crates
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
_SPEAK_EVERY = 1.0

_FETCHING = (
    "Look at the build host's network and proxy. A lock file that does not fit the crate is for another version of it"
)

CRATES = "crates.json"
"""What is known of the crates besides the lock file: licences and features."""

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
        self._crates = Crates(commands, workplace, toolchain, network, say)

    def build(self, source: CrateSource, lock: bytes = b"") -> Built:
        """Fetch, verify and compile *source*, with another *lock* file than its own if there is one.

        Raises `HostError` for whatever is not as it was pinned.
        """
        self._crates.prepare()
        auditable = self._auditable()
        with self._workplace.scratch() as scratch:
            index_sha256, tree = self._crates.fetch(source.crate, scratch)
            upstream = self._workplace.read(f"{tree}/{LOCK}")
            if lock:
                refuse_lock(lock.decode(), upstream.decode())
                self._workplace.write(f"{tree}/{LOCK}", lock)
            hidden = {scratch: "/build", self._crates.home: "/cargo"}
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
            features = self._compile(source.crate, ["cargo", "build", "--release"], chosen, tree, environment)
            binary = self._workplace.read(f"{scratch}/target/release/librespot")
            if _EMBEDDED not in binary:
                raise HostError(
                    f"{AUDITABLE.name} {AUDITABLE.version} has not written the dependencies into the program",
                    "Nothing was installed; report it with the version of cargo on the build host",
                )
            used = self._workplace.read(f"{tree}/{LOCK}")
            described = described_crates(self._metadata(chosen, tree), features)
        return Built(
            binary,
            {
                "crate_sha256": source.crate.sha256,
                "index_sha256": index_sha256,
                "lock_sha256": hashlib.sha256(used).hexdigest(),
                "cargo_auditable": AUDITABLE.version,
                "rustflags": list(_FLAGS),
                "profile": dict(_PROFILE),
                **self._toolchain.versions,
            },
            {LOCK: used, UPSTREAM_LOCK: upstream, CRATES: encode_manifest({"crates": described})},
        )

    def _metadata(self, chosen: list[str], tree: str) -> str:
        """Return what cargo knows of all crates, which it has fetched before."""
        lines: list[str] = []
        argv = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", *chosen]

        def on_line(line: str) -> bool:
            lines.append(line)
            return True

        self._commands.stream(argv, on_line, tree, self._crates.environment, FETCH_TIMEOUT)
        return "".join(lines)

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
                _index, tree = self._crates.fetch(AUDITABLE, scratch)
                # It runs for a second at the end of a build: to compile it quickly is all that matters.
                environment = {"CARGO_TARGET_DIR": f"{scratch}/target", "CARGO_PROFILE_DEV_DEBUG": "false"}
                self._compile(AUDITABLE, ["cargo", "build"], [], tree, environment)
                self._workplace.write(path, self._workplace.read(f"{scratch}/target/debug/{AUDITABLE.name}"), 0o700)
        return path

    def _compile(
        self, crate: Crate, build: list[str], chosen: list[str], tree: str, environment: Mapping[str, str]
    ) -> dict[str, frozenset[str]]:
        """Run the command *build* for *crate* with the *chosen* features, and say how far it is.

        Returns the features of each crate; one that is compiled twice, as for a build script, has those of both.
        """
        self._say(f"downloading the dependencies of {crate.name} {crate.version}")
        self._crates.cargo(["cargo", "fetch", "--locked"], tree, _FETCHING)
        total = self._count(chosen, tree)
        done: dict[str, frozenset[str]] = {}
        spoken = [0.0]

        def on_line(line: str) -> bool:
            if not line.startswith("{"):
                return False
            name, features = compiled_features(line)
            if not name:
                return True
            done[name] = done.get(name, frozenset()) | features
            if time.monotonic() - spoken[0] >= _SPEAK_EVERY:
                spoken[0] = time.monotonic()
                self._say(f"compiling {crate.name} {crate.version}: {len(done)} of {total} crates ({name})")
            return True

        self._say(f"compiling {crate.name} {crate.version}: {total} crates")
        self._commands.stream(
            [*build, "--locked", *chosen, "--message-format=json-render-diagnostics"],
            on_line,
            tree,
            {**self._crates.environment, **environment},
            max(1.0, self._end - time.monotonic()),
            "The lines above are the compiler's; a slow host needs a longer timeout",
        )
        return done

    def _count(self, chosen: list[str], tree: str) -> int:
        """Return how many crates a build with the *chosen* features compiles."""
        crates: set[str] = set()

        def on_line(line: str) -> bool:
            crates.add(listed_crate(line))
            return True

        argv = ["cargo", "tree", "--locked", "--edges", "no-dev", "--prefix", "none", "--format", "{p}", *chosen]
        self._commands.stream(argv, on_line, tree, self._crates.environment, FETCH_TIMEOUT)
        return len(crates)
