# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the host under test: prints everything of ours that is on it, by name, each as one line of text."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import pwd
import stat
import sys

PLACES = (
    "/etc/apparmor.d/*librespot*",
    "/etc/apparmor.d/*/*librespot*",
    "/etc/containers/systemd/*librespot*",
    "/etc/containers/systemd/.librespot-*",
    "/etc/librespot",
    "/etc/netns",
    "/opt/librespot",
    "/var/cache/apparmor/*/librespot*",
    "/var/lib/hardened-librespot",
    "/var/lib/hardened-librespot-monitor",
    "/var/lib/prometheus/node-exporter/*librespot*",
    "/run/hardened-librespot-grants",
    "/etc/systemd/system/*librespot*",
    "/etc/systemd/system/*.wants/*librespot*",
)


def said(path: str) -> str:
    """Return kind, mode, owner and content of *path*."""
    found = os.lstat(path)
    owner = f"{stat.filemode(found.st_mode)} {found.st_uid}:{found.st_gid}"
    if stat.S_ISLNK(found.st_mode):
        return f"{owner} -> {os.readlink(path)}"
    if stat.S_ISREG(found.st_mode):
        with open(path, "rb") as handle:
            return f"{owner} {hashlib.sha256(handle.read()).hexdigest()}"
    return owner


def below(path: str) -> list[str]:
    """Return *path* and everything below it."""
    inside = [os.path.join(top, name) for top, *names in os.walk(path) for group in names for name in group]
    return [path, *inside]


def main() -> None:
    """Print it all."""
    paths = [path for place in PLACES for start in glob.glob(place) for path in below(start)]
    users = [entry for entry in pwd.getpwall() if entry.pw_name.startswith(("librespot-", "hardened-librespot-"))]
    state = {path: said(path) for path in paths}
    state.update({f"user {entry.pw_name}": f"{entry.pw_gecos} {entry.pw_dir} {entry.pw_shell}" for entry in users})
    json.dump(state, sys.stdout)


if __name__ == "__main__":
    main()
