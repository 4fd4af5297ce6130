# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository of a build host's own, in which Debian's ALSA library gets an update."""

from __future__ import annotations

from tests.support.hosts import Host

PLACE = "/srv/repository"
SOURCE = "/etc/apt/sources.list.d/local.list"
NAMES = ("libasound2", "libasound2-data")

_PUBLISH = r"""
version=$1 place=$2; shift 2
work=$(mktemp -d); cd "$work"
apt-get -q update; apt-get -q download "$@"
for deb in *.deb; do
    tree=${deb%%_*}
    dpkg-deb --raw-extract "$deb" "$tree"
    sed -i -e "s/^Version: .*/Version: $version/" -e 's/^Source: .*/Source: alsa-lib/' \
        -e "s/libasound2-data (>= [^)]*)/libasound2-data (>= $version)/" "$tree/DEBIAN/control"
    # Another content, which the loader does not read.
    for library in $(find "$tree" -name 'libasound.so.2.*' -type f); do printf updated >> "$library"; done
    dpkg-deb --build "$tree" . > /dev/null
    made="${tree}_${version}_$(sed -n 's/^Architecture: //p' "$tree/DEBIAN/control").deb"
    mkdir -p "$place"; mv "$made" "$place/"
    { cat "$tree/DEBIAN/control"
      echo "Filename: ./$made"
      echo "Size: $(stat -c %s "$place/$made")"
      echo "SHA256: $(sha256sum "$place/$made" | cut -d' ' -f1)"
      echo; } >> "$place/Packages"
done
rm -rf "$work"
"""


def publish(builder: Host, version: str) -> None:
    """Put the library as *version* into the repository, which *builder* then has besides its others."""
    builder.out("sh", "-euc", _PUBLISH, "sh", version, PLACE, *NAMES, timeout=300)
    # Who signed it is apt's to judge, and tested by apt.
    builder.out("sh", "-euc", f"echo 'deb [trusted=yes] file:{PLACE} ./' > {SOURCE}")


def withdraw(builder: Host) -> None:
    """Take the repository away."""
    builder.out("rm", "-rf", PLACE, SOURCE)
