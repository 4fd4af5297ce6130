# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that plays a local file with librespot's own player, and a sound for it; both in the lab's cache."""

from __future__ import annotations

import math
import os
import struct
import subprocess
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import CURRENT, known_release
from tools.lab import builder, packages
from tools.lab.cache import Cache, key, location
from tools.lab.errors import LabError
from tools.lab.process import tail
from tools.lab.progress import Progress
from tools.lab.recipes import BUILDER

SOURCE = Path(__file__).with_name("play.rs")
RATE = 44100
SECONDS = 3
TONES = (440, 660)
"""Of the sound: samples a second, its length, and the frequencies of the left and the right side, in Hz."""
URI = f"spotify:local:Lab:Lab:Tone:{SECONDS}"
"""By which librespot's player knows the sound: its artist, album, title and length."""

# The program takes the place of an example of the crate: features, dependencies and their lock are librespot's own.
# Optimised a little, since to compile it is what takes the time; the calls that it makes are the same.
_BUILD = """
exec 3>&1 1>&2
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; mkdir -p "$work/ask/src"; cd "$work/ask"; : > src/lib.rs
printf '[package]\\nname = "ask"\\nversion = "0.0.0"\\nedition = "2021"\\n[dependencies.librespot]\\n' > Cargo.toml
printf 'version = "=%s"\\ndefault-features = false\\n' "$1" >> Cargo.toml
cargo generate-lockfile --quiet; cargo info --quiet "librespot@$1" > /dev/null
cp "$CARGO_HOME"/registry/cache/*/"librespot-$1.crate" "$work/crate"
echo "$2  $work/crate" | sha256sum --check --quiet
tar --extract --gzip --directory "$work" --file "$work/crate"; cd "$work/librespot-$1"; cat > examples/play.rs
export CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_TARGET_DIR="${CARGO_HOME%/*}/harness"
nice -n 19 cargo build --quiet --locked --example play --no-default-features --features "$3"
strip -o "$work/play" "$CARGO_TARGET_DIR/debug/examples/play"; cat "$work/play" >&3
"""


def cached(progress: Progress | None = None) -> Cache:
    """Return the lab's cache."""
    return Cache(location(os.environ), progress or Progress())


def program() -> Path:
    """Return the program, built for the oldest supported Debian unless the cache has it."""
    progress = Progress()
    cache = cached(progress)
    release = known_release(CURRENT)
    assert release is not None
    crate, source = release.crate, SOURCE.read_bytes()
    features = " ".join(release.default_features)
    made = key(crate.sha256, features, source.decode(), _BUILD, BUILDER.key)
    path = cache.directory("harness") / f"play-{crate.version}-{made}"
    with cache.lock("harness"):
        if not path.exists():
            name = builder.up(cache, progress)
            with progress.step("building the program that plays"):
                argv = ["docker", "exec", "--interactive", name, "sh", "-eu", "-c", _BUILD, "sh"]
                done = subprocess.run(
                    [*argv, crate.version, crate.sha256, features], input=source, capture_output=True, check=False
                )
            if done.returncode:
                raise LabError(f"the program that plays was not built:\n{tail(done.stderr.decode(errors='replace'))}")
            with cache.publish(path) as temporary:
                temporary.write_bytes(done.stdout)
                temporary.chmod(0o755)
    return path


def sound() -> Path:
    """Return an Ogg Vorbis file with a tone on each side.

    It is named as the one kind of files that the player looks for; Spotify's own are of this kind.
    """
    progress = Progress()
    cache = cached(progress)
    path = cache.directory("harness") / f"tone-{key(RATE, SECONDS, TONES)}" / "tone.mp3"
    with cache.lock("tone"):
        if not path.exists():
            packages.ensure(["vorbis-tools"], "a sound to play", cache, progress)
            wave = b"".join(
                struct.pack("<hh", *(round(12000 * math.sin(2 * math.pi * tone * at / RATE)) for tone in TONES))
                for at in range(SECONDS * RATE)
            )
            with cache.publish(path.parent) as temporary:
                temporary.mkdir()
                form = ["--raw", "--raw-bits=16", "--raw-chan=2", f"--raw-rate={RATE}"]
                tags = ["--artist=Lab", "--album=Lab", "--title=Tone"]
                subprocess.run(
                    ["oggenc", "--quiet", *form, *tags, "--output", str(temporary / path.name), "-"],
                    input=wave,
                    check=True,
                )
    return path
