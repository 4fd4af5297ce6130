# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's code for managed hosts as one archive, to be run on a host without Ansible."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.hosts import CHECKOUT, Host

PACKAGE = "ansible_collections/hardened/librespot/plugins/module_utils"


def _files() -> Iterator[tuple[str, bytes]]:
    at = Path(PACKAGE)
    yield from ((f"{parent}/__init__.py", b"") for parent in (at, *at.parents) if parent != Path())
    for path in sorted((CHECKOUT / "plugins/module_utils").rglob("*.py")):
        yield f"{PACKAGE}/{path.relative_to(CHECKOUT / 'plugins/module_utils')}", path.read_bytes()


def install(host: Host, path: str) -> None:
    """Put the archive at *path* of *host*, which Python takes as an entry of its path."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in _files():
            archive.writestr(name, content)
    text = base64.b64encode(packed.getvalue()).decode("ascii")
    host.out("sh", "-euc", 'base64 -d > "$1"', "sh", path, text=text)
