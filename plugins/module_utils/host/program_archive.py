# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that run on a host without Ansible: one file each, made of the modules here that it imports.

It is a zip that Python runs as it is (see zipapp), built from the sources of whoever is running: a module that Ansible
shipped, a checkout, or such an archive itself. All give the same bytes, so that an audit sees one that is old or
changed, also the one that it runs from. What is imported by a relative, static import is in it, and nothing else.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec
from types import ModuleType

from ..model.errors import HostError

_HERE = __name__.rpartition(".host.")[0]
"""What the layers are called where this runs."""

_INSIDE = "hardened_librespot"
"""What they are called in an archive."""

# Isolated: neither the environment nor the working directory says what is imported.
_SHEBANG = b"#!/usr/bin/python3 -I\n"
_MAIN = """\
import os
import sys

# Python opens the archive again for each module. Another one may be put in its place meanwhile: this one stays open.
sys.path[0] = f"/proc/self/fd/{{os.open(sys.path[0], os.O_RDONLY)}}"

from {package}.{entry} import main

raise SystemExit(main())
"""
_WHEN = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644
_UNIX = 3


@lru_cache
def program(entry: str | ModuleType) -> bytes:
    """Return the archive that runs ``main()`` of *entry*, a module below ours, or its name such as ``programs.audit``.

    What ``main()`` returns is its exit status. Raises `HostError` for a module that is not here: Ansible ships what is
    imported, so a module that builds the archive has to import *entry*.
    """
    if isinstance(entry, ModuleType):
        entry = entry.__name__[len(_HERE) + 1 :]
    sources = _closure(entry)
    files = {_INSIDE + "/" + path: text for path, text in sources.items()}
    files["__main__.py"] = _MAIN.format(package=_INSIDE, entry=entry)
    return _archive(files)


def _archive(files: dict[str, str]) -> bytes:
    """Return a zip of *files*, of which nothing depends on where and when it is made.

    It is not compressed: each version of zlib does that in its own way.
    """
    written = io.BytesIO()
    written.write(_SHEBANG)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _WHEN)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[path].encode())
    return written.getvalue()


def _closure(entry: str) -> dict[str, str]:
    """Return the source of *entry*, of all that it imports, and of their packages, by its path."""
    sources: dict[str, str] = {}
    seen: set[str] = set()
    wanted = [entry]
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        spec = _spec(name)
        if spec is None:
            raise HostError(
                f"{name}, which belongs to the program {entry}, is not here",
                "Report this as a bug of the collection: the module that installs it does not import it",
            )
        source = _source(spec)
        package = spec.submodule_search_locations is not None
        path = name.replace(".", "/").lstrip("/")
        sources["/".join(filter(None, (path, "__init__.py"))) if package else f"{path}.py"] = source
        wanted += _imported(name if package else _parent(name), source)
        if name:
            wanted.append(_parent(name))
    return sources


def _imported(package: str, source: str) -> Iterator[str]:
    """Yield the modules of ours that *source*, of a module in *package*, imports."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        parts = package.split(".") if package else []
        base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
        yield base
        found = _spec(base)
        if found is not None and found.submodule_search_locations is not None:
            names = (".".join(filter(None, (base, alias.name))) for alias in node.names)
            yield from (name for name in names if _spec(name) is not None)


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(f"{_HERE}.{name}" if name else _HERE)
    except ModuleNotFoundError:
        return None


def _source(spec: ModuleSpec) -> str:
    """Return the source of a module; a package without a file of its own has none."""
    reader = getattr(spec.loader, "get_source", None)
    return (reader(spec.name) if reader else None) or ""
