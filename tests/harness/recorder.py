# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs librespot, its player, the health check and an engine under strace, and reads what they called."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROBE, PROGRAM
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.sandbox import SCRATCH
from ansible_collections.hardened.librespot.plugins.module_utils.render.container import container
from tests.attacks.hosts import Target, until
from tests.attacks.login import encoded, form, malformed
from tests.harness import program
from tests.harness.trace import Trace, read

ORIGINS = {
    "librespot": "start, discovery, logins that are malformed or worth nothing, a port that is taken, SIGINT",
    "playing": "the player, from an Ogg file to a pipe and to ALSA, a device that is missing, an abort",
    "probe": "the health check",
    "runtime": "runc, between taking the filter and becoming one of these",
}

PORT = 37901
_ROOT = "/root/recorded"
"""Where the image's files are laid out: traced is what runs in containers, with its own libraries."""
_TRACES = f"{_ROOT}/run/traces"
_SERVER = r"""
mkdir -p /root/tls; cd /root/tls
test -f key || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key -out cert 2>/dev/null
exec openssl s_server -quiet -accept 443 -key key -cert cert -www
"""
_STRACE = ("strace", "-f", "-qq", "--pidns-translation", "-o")
_NAMES = "127.0.0.1 apresolve.spotify.com ap.spotify.com"


@dataclass
class Recording:
    """What was called by origin, and the kinds of sockets."""

    calls: dict[str, set[str]] = field(default_factory=lambda: {origin: set() for origin in ORIGINS})
    families: set[str] = field(default_factory=set)

    def add(self, trace: Trace, origin: str, name: str) -> None:
        """Take in what a program did."""
        self.calls[origin] |= trace.of(name)
        self.families |= set().union(*(found for path, found in trace.families.items() if path.endswith(f"/{name}")))

    def merge(self, other: Recording) -> None:
        """Take in another recording."""
        for origin, calls in other.calls.items():
            self.calls[origin] |= calls
        self.families |= other.families


def unpacked(archive: Path) -> tuple[str, list[bytes]]:
    """Return the id of an image, and its layers as tar archives."""
    with tarfile.open(archive) as outer:
        contents = {member.name: handle.read() for member in outer if (handle := outer.extractfile(member))}
    (named,) = json.loads(contents["manifest.json"])
    return f"sha256:{Path(named['Config']).stem}", [contents[layer] for layer in named["Layers"]]


class Recorder:
    """Traces on *host*, which has an engine. *archive* is the image, *player* and *sound* those of `program`."""

    def __init__(self, host: Target, archive: Path, player: Path, sound: Path) -> None:
        self._host = host
        self._player = player
        self._sound = sound
        self._archive = archive
        self._image, self._layers = unpacked(archive)
        self._count = 0
        (instance,) = parse_specification(
            "0.8.0", [{"name": "kitchen", "port": PORT, "access": []}], {}, None, CONTAINER
        ).present
        request = container(instance, Place(65532, 65532, "", ()))
        self._variables: Sequence[str] = [*request["Env"], "RUST_LOG=error"]
        self._arguments: Sequence[str] = request["Cmd"]

    def record(self) -> Recording:
        """Return what was called in all scenes."""
        found = Recording()
        self._remove()
        try:
            self._prepare()
            self._take(found)
        finally:
            self._remove()
        return found

    def _take(self, found: Recording) -> None:
        for trace in self._scenes():
            found.add(trace, "librespot", "librespot")
        for trace in self._plays():
            found.add(trace, "playing", "play")
        trace = self._contained()
        found.add(trace, "librespot", "librespot")
        found.add(trace, "probe", "librespot-probe")
        found.calls["runtime"] = trace.filtered

    def _remove(self) -> None:
        self._host.shell(
            f"! mountpoint -q {_ROOT}/proc || umount {_ROOT}/proc; rm -rf --one-file-system {_ROOT} /root/tls"
        )

    def _prepare(self) -> None:
        install = "apt-get -qq install --yes --no-install-recommends strace openssl >/dev/null </dev/null"
        self._host.shell(
            f"apt-get -qq update </dev/null; DEBIAN_FRONTEND=noninteractive {install}\n"
            f"mkdir -p {_ROOT}{SCRATCH} {_ROOT}/dev {_ROOT}/proc {_TRACES}; chmod 1777 {_ROOT}{SCRATCH}",
            timeout=600,
        )
        for layer in self._layers:
            self._feed(f"tar --extract --directory {_ROOT}", layer)
        for path, where in ((self._player, "usr/bin/play"), (self._sound, "usr/share/tone.mp3")):
            self._feed(f"cat > {_ROOT}/{where}; chmod 755 {_ROOT}/{where}", path.read_bytes())
        # As a container has them; what the host's own resolver says is good enough.
        self._host.shell(
            f"cd {_ROOT}; for n in null zero random urandom; do cp -a /dev/$n dev/; done\n"
            f"mount -t proc proc proc; cp /etc/resolv.conf /etc/hosts etc/"
        )

    def _feed(self, script: str, content: bytes) -> None:
        argv = ["docker", "exec", "--interactive", self._host.name, "sh", "-euc", script]
        subprocess.run(argv, input=content, check=True, capture_output=True)

    def _start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start *argv* in the image's files under strace, as their user; its trace is the next of `_read`."""
        self._count += 1
        strace = [*_STRACE, f"{_TRACES}/{self._count}"]
        inside = ["/usr/sbin/chroot", "--userspec=65532:65532", _ROOT, *argv]
        return subprocess.Popen(
            ["docker", "exec", self._host.name, *strace, "env", "-i", *self._variables, *inside],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _interrupt(self) -> None:
        """Let librespot say goodbye: the one that is traced, not one in a container of the host."""
        self._host.shell("pkill -INT -P $(pgrep -d , -x strace)")

    def _read(self) -> Trace:
        return read(self._host.out("cat", f"{_TRACES}/{self._count}").splitlines())

    def _ended(self, process: subprocess.Popen[bytes], status: int) -> Trace:
        _unused, said = process.communicate(timeout=120)
        assert process.returncode == status, (process.returncode, said.decode(errors="replace"))
        return self._read()

    @contextlib.contextmanager
    def _serving(self) -> Iterator[subprocess.Popen[bytes]]:
        process = self._start(PROGRAM, *self._arguments)
        try:
            until(lambda: process.poll() is not None or self._host.answer(PORT), 60, "librespot answers under strace")
            assert process.poll() is None, process.communicate()[1].decode(errors="replace")
            yield process
        finally:
            if process.poll() is None:
                self._interrupt()
                process.wait(60)

    def _scenes(self) -> Iterator[Trace]:
        with self._serving() as process:
            info = self._host.answer(PORT)
            assert info is not None
            for body in malformed(info).values():
                assert self._host.post(PORT, body) in {0, 200, 404}
            taken = self._start(PROGRAM, *self._arguments)
            yield self._ended(taken, 1)
            self._count -= 1
            self._interrupt()
            yield self._ended(process, 0)
            self._count += 1
        # Without a way to Spotify, and with one to something else that speaks TLS.
        yield self._worthless()
        self._host.shell(f"cp {_ROOT}/etc/hosts /root/hosts; echo '{_NAMES}' >> {_ROOT}/etc/hosts")
        server = self._host.start("sh", "-euc", _SERVER)
        try:
            until(lambda: self._host.run("sh", "-c", "ss -Hltn | grep -q :443").returncode == 0, 30, "TLS is served")
            yield self._worthless()
        finally:
            self._host.run("pkill", "-x", "openssl")
            server.communicate(timeout=30)

    def _worthless(self) -> Trace:
        with self._serving() as process:
            info = self._host.answer(PORT)
            assert info is not None
            assert self._host.post(PORT, encoded(form(info, "nobody"))) in {0, 200}
            return self._ended(process, 1)

    def _plays(self) -> Iterator[Trace]:
        tone = "/usr/share/tone.mp3"
        for status, argv in (
            (0, (tone, program.URI, "pipe")),
            (0, (tone, program.URI, "pipe", f"{SCRATCH}/pcm")),
            (0, (tone, program.URI, "alsa", "null")),
            (1, (tone, program.URI, "alsa", "hw:9")),
            (1, (tone, "spotify:local:nobody:none:nothing:1", "pipe")),
            (1, ("/usr/share/none.mp3", program.URI, "pipe")),
            (134, ("abort",)),
        ):
            yield self._ended(self._start("/usr/bin/play", *argv), status)

    def _contained(self) -> Trace:
        """Trace the engine's runtime, and what it starts in a container that has the engine's own filter."""
        host = self._host
        self._count += 1
        self._feed("docker load --quiet", self._archive.read_bytes())
        path = f"{_TRACES}/{self._count}"
        tracer = subprocess.Popen(
            ["docker", "exec", host.name, "sh", "-c", f"exec {' '.join(_STRACE)} {path} -p $(pgrep -o -x containerd)"],
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: host.run("test", "-s", path).returncode == 0, 30, "the engine is traced")
            hardened = ["--security-opt=no-new-privileges", "--cap-drop=ALL", "--read-only", "--ipc=none"]
            own = ["--user=997:997", f"--tmpfs={SCRATCH}:mode=1777", *(f"--env={item}" for item in self._variables)]
            run = ["docker", "run", "--detach", "--name=recorded", *hardened, *own, self._image, *self._arguments]
            host.out(*run, timeout=120)
            asked = ["docker", "exec", "recorded", PROBE]
            until(lambda: host.run(*asked, str(PORT)).returncode == 0, 60, "the probe is answered")
            assert host.run(*asked, str(PORT + 1)).returncode == 1
            host.out("docker", "stop", "recorded")
        finally:
            host.run("pkill", "-INT", "-x", "strace")
            tracer.wait(60)
            host.run("docker", "rm", "--force", "recorded")
        return self._read()
