# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ELF file says about itself. Runs on the controller, where pyelftools is."""

from __future__ import annotations

import contextlib
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

from ..module_utils.model.artifact import glibc_key
from ..module_utils.model.errors import HostError, why

try:
    from elftools.common.exceptions import ELFError
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile
    from elftools.elf.gnuversions import GNUVerNeedSection
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where pyelftools is not installed."""

_MACHINES = {
    ("EM_X86_64", 64): "x86_64",
    ("EM_AARCH64", 64): "aarch64",
    ("EM_ARM", 32): "armv7l",
    ("EM_386", 32): "i686",
    ("EM_RISCV", 64): "riscv64",
}
_AUDITABLE_SECTION = ".dep-v0"
ELSEWHERE = frozenset({"git", "local", "registry"})
"""What cargo-auditable calls the source of a crate that is not from the registry which a package URL means."""

_LARGEST_AUDITABLE = 16 * 1024 * 1024
_DF_BIND_NOW = 0x8
_DF_1_NOW = 0x1


def inspect(binary: bytes) -> dict[str, Any]:
    """Return what the manifest holds about *binary*. Raises `HostError` for what is not an ELF program."""
    with _reading():
        elf = ELFFile(io.BytesIO(binary))
        dynamic = next((section for section in elf.iter_sections() if isinstance(section, DynamicSection)), None)
        tags: list[tuple[str, Any]] = (
            [(tag.entry.d_tag, tag) for tag in dynamic.iter_tags()] if dynamic is not None else []
        )
        return {
            "architecture": _MACHINES.get((elf["e_machine"], elf.elfclass), str(elf["e_machine"])),
            "glibc": _glibc(elf),
            "libraries": sorted(tag.needed for name, tag in tags if name == "DT_NEEDED"),
            "hardening": _hardening(elf, tags),
            "crates": _crates(elf),
        }


def crates(binary: bytes) -> list[dict[str, Any]]:
    """Return the crates of *binary* as cargo-auditable recorded them; none when it recorded nothing.

    Each has ``name``, ``version``, ``source`` and ``kind``, in ``dependencies`` the positions in the list of those that
    it depends on, and the program's own has ``root``. Raises `HostError` for what is not an ELF program.
    """
    with _reading():
        return _recorded(ELFFile(io.BytesIO(binary)))


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Make a `HostError` of whatever pyelftools, and the reading of the record, raise for a damaged file."""
    try:
        yield
    except (
        *(ELFError, ValueError, LookupError, TypeError, AttributeError, AssertionError),
        *(OverflowError, MemoryError, RecursionError, zlib.error),
    ) as error:
        raise HostError(
            f"The binary is not an ELF program that can be read: {why(error)}", "Look at what made it"
        ) from error


def _glibc(elf: ELFFile) -> str:
    """Return the newest version of glibc of which the program needs a symbol; empty when it needs none."""
    needed = {"0.0"}
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _library, versions in section.iter_versions():
                needed.update(
                    version.name[len("GLIBC_") :] for version in versions if version.name.startswith("GLIBC_2")
                )
    newest = max(needed, key=lambda version: glibc_key(".".join(version.split(".")[:2])))
    return "" if newest == "0.0" else ".".join(newest.split(".")[:2])


def _hardening(elf: ELFFile, tags: list[tuple[str, Any]]) -> dict[str, bool]:
    segments = {segment["p_type"]: segment for segment in elf.iter_segments()}
    stack = segments.get("PT_GNU_STACK")
    now = any(
        name == "DT_BIND_NOW"
        or (name == "DT_FLAGS" and tag.entry.d_val & _DF_BIND_NOW)
        or (name == "DT_FLAGS_1" and tag.entry.d_val & _DF_1_NOW)
        for name, tag in tags
    )
    return {
        "bind_now": now,
        "no_executable_stack": stack is not None and not stack["p_flags"] & 0x1,
        "no_library_path": all(name not in {"DT_RPATH", "DT_RUNPATH"} for name, _tag in tags),
        "pie": elf["e_type"] == "ET_DYN" and "PT_INTERP" in segments,
        "relro": "PT_GNU_RELRO" in segments,
    }


def _crates(elf: ELFFile) -> list[dict[str, str]]:
    """Return which crates are in the program, sorted."""
    named = [{name: str(crate[name]) for name in ("name", "version", "source", "kind")} for crate in _recorded(elf)]
    return sorted(named, key=lambda crate: (crate["name"], crate["version"]))


def _recorded(elf: ELFFile) -> list[dict[str, Any]]:
    section = elf.get_section_by_name(_AUDITABLE_SECTION)
    if section is None:
        return []
    recorded = json.loads(zlib.decompressobj().decompress(section.data(), _LARGEST_AUDITABLE))
    return [{"kind": "runtime", "dependencies": [], "root": False, **package} for package in recorded["packages"]]
