# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is taken out of a crate that nobody has vetted: what it depends on, and nothing that a tool would act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tomllib

from ..module_utils.host.archive import plain_files
from ..module_utils.model.artifact import LOCK
from ..module_utils.model.errors import HostError, why

MANIFEST = "Cargo.toml"

_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")
_REROUTING = ("patch", "replace", "workspace")
"""Tables that let cargo read or fetch elsewhere. Cargo publishes no crate with any of them."""

_ELSEWHERE = ("git", "path", "registry", "registry-index")
"""Keys of a dependency that say that it comes from elsewhere than the registry that the crate itself is of."""

_DO_NOT = "Nothing was taken from it. Do not build it; find out where that crate came from"


def described(crate: bytes, stem: str) -> dict[str, bytes]:
    """Return the manifest and, if there is one, the lock file of a ``.crate`` file, with an empty file for each source.

    With that cargo says what *stem*, such as ``librespot-0.8.0``, depends on: for it wants its sources to be there. All
    else is left out, above all configurations of cargo and rustup, which name programs to run. Raises `HostError` for a
    crate that is not whole, and for one that leads to other places than its registry.
    """
    found = {}
    for path, content in plain_files(crate, f"{stem}.crate"):
        top, _slash, name = path.partition("/")
        if top != stem or not name:
            raise HostError(f"{stem}.crate holds {path}, outside of {stem}", _DO_NOT)
        if name in {MANIFEST, LOCK}:
            found[name] = content
        elif name.endswith(".rs") and not name.startswith((".", "Cargo.")):
            found[name] = b""
    if MANIFEST not in found:
        raise HostError(f"{stem}.crate has no {MANIFEST}", _DO_NOT)
    _refuse_elsewhere(_read(found[MANIFEST], f"{stem}/{MANIFEST}"), stem)
    if LOCK in found:
        _refuse_sources(_read(found[LOCK], f"{stem}/{LOCK}"), stem)
    return found


def _read(content: bytes, what: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise HostError(f"{what} cannot be read: {why(error)}", _DO_NOT) from None


def _refuse_elsewhere(manifest: Mapping[str, Any], stem: str) -> None:
    package = manifest.get("package")
    if not isinstance(package, dict) or "workspace" in package:
        raise HostError(f"{stem}/{MANIFEST} is not that of a package that stands alone", _DO_NOT)
    for name in _REROUTING:
        if name in manifest:
            raise HostError(f"{stem}/{MANIFEST} has [{name}], with which crates come from elsewhere", _DO_NOT)
    for table in _tables(manifest):
        if not isinstance(table, dict):
            raise HostError(f"{stem}/{MANIFEST} has dependencies that are no table", _DO_NOT)
        for name, wanted in table.items():
            keys = [key for key in _ELSEWHERE if isinstance(wanted, dict) and key in wanted]
            if keys:
                raise HostError(f"{stem}/{MANIFEST} takes {name!r} from elsewhere, by {', '.join(keys)}", _DO_NOT)


def _tables(manifest: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a manifest has for tables of dependencies, those of single platforms as well."""
    targets = manifest.get("target", {})
    for part in [manifest, *(targets.values() if isinstance(targets, dict) else [None])]:
        if not isinstance(part, dict):
            yield part
            continue
        # Cargo reads both spellings.
        names = dict.fromkeys(name for table in _TABLES for name in (table, table.replace("-", "_")))
        yield from (part[name] for name in names if name in part)


def _refuse_sources(lock: Mapping[str, Any], stem: str) -> None:
    packages = lock.get("package", [])
    if not isinstance(packages, list) or not all(isinstance(item, dict) for item in packages):
        raise HostError(f"{stem}/{LOCK} is not a lock file", _DO_NOT)
    sources = {str(item["source"]) for item in packages if "source" in item}
    if len(sources) > 1 or not all(source.startswith(("registry+", "sparse+")) for source in sources):
        raise HostError(f"{stem}/{LOCK} takes crates from {', '.join(sorted(sources))}", _DO_NOT)
