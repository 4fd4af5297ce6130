# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of programs: the same bytes from a checkout, from what Ansible ships, and from an archive itself."""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError

CHECKOUT = Path(__file__).parents[3]
UTILS = CHECKOUT / "plugins/module_utils"
NAMESPACE = "ansible_collections/hardened/librespot/plugins/module_utils"
ENTRIES = ("audit.audit", "host.program_archive", "host.keeper")


def names(archive: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return set(opened.namelist())


def built_in(place: Path, package: str, entry: str) -> str:
    """Return the digest of what is built in another process, from the modules of *package* in *place*."""
    code = f"""
import hashlib, sys
sys.path.insert(0, {str(place)!r})
from {package}.host.program_archive import program
print(hashlib.sha256(program({entry!r})).hexdigest())
"""
    return subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("entry", ENTRIES)
class TestSameBytes:
    def test_from_a_checkout_by_its_short_name(self, entry: str) -> None:
        assert built_in(UTILS.parent, "module_utils", entry) == hashlib.sha256(program(entry)).hexdigest()

    def test_from_what_ansible_ships(self, entry: str, tmp_path: Path) -> None:
        shipped = tmp_path / "AnsiballZ_audit.zip"
        with zipfile.ZipFile(shipped, "w", zipfile.ZIP_DEFLATED) as archive:
            for parent in list(Path(NAMESPACE).parents)[:-1] + [Path(NAMESPACE)]:
                archive.writestr(f"{parent}/__init__.py", "")
            for path in UTILS.rglob("*.py"):
                archive.write(path, f"{NAMESPACE}/{path.relative_to(UTILS)}")
        built = built_in(shipped, NAMESPACE.replace("/", "."), entry)
        assert built == hashlib.sha256(program(entry)).hexdigest()


def test_an_archive_builds_itself(tmp_path: Path) -> None:
    installed = tmp_path / "program.pyz"
    installed.write_bytes(program("host.program_archive"))
    assert built_in(installed, "hardened_librespot", "host.program_archive") == (
        hashlib.sha256(installed.read_bytes()).hexdigest()
    )


@pytest.fixture
def build(tmp_path: Path) -> Callable[[dict[str, str]], bytes]:
    """Return what builds the program ``programs.say`` of modules with these sources."""
    package = tmp_path / "utils"

    def act(sources: dict[str, str]) -> bytes:
        for name in ("host", "model", "programs"):
            (package / name).mkdir(parents=True, exist_ok=True)
            (package / name / "__init__.py").touch()
        for name in ("host/program_archive.py", "model/errors.py"):
            (package / name).write_bytes((UTILS / name).read_bytes())
        for name, source in sources.items():
            (package / name).write_text(source, encoding="utf-8")
        code = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom utils.host.program_archive import program\n"
            "sys.stdout.buffer.write(program('programs.say'))"
        )
        return subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True).stdout

    return act


def test_what_main_returns_is_the_status(build: Callable[[dict[str, str]], bytes], tmp_path: Path) -> None:
    built = build(
        {
            "model/said.py": "STATUS = 42\n",
            "programs/say.py": "import sys\nfrom ..model.said import STATUS\n\ndef main():\n"
            "    print(sys.flags.isolated, __name__)\n    return STATUS\n",
        }
    )
    installed = tmp_path / "say.pyz"
    installed.write_bytes(built)
    installed.chmod(0o755)
    ended = subprocess.run([str(installed)], check=False, capture_output=True, text=True, cwd="/", env={})
    assert (ended.returncode, ended.stdout, ended.stderr) == (42, "1 hardened_librespot.programs.say\n", "")
    assert names(built) == {
        "__main__.py",
        *(f"hardened_librespot/{name}" for name in ("__init__.py", "model/__init__.py", "model/said.py")),
        *(f"hardened_librespot/programs/{name}" for name in ("__init__.py", "say.py")),
    }


def test_one_that_is_replaced_while_it_starts_goes_on(build: Callable[[dict[str, str]], bytes], tmp_path: Path) -> None:
    installed, other = tmp_path / "say.pyz", tmp_path / "other.pyz"
    installed.write_bytes(
        build(
            {
                "model/first.py": f"import os\nos.replace({str(other)!r}, {str(installed)!r})\n",
                "model/second.py": "STATUS = 42\n",
                "programs/say.py": "from ..model import first, second\n\ndef main():\n    return second.STATUS\n",
            }
        )
    )
    other.write_bytes(b"something else")
    ended = subprocess.run([sys.executable, "-I", str(installed)], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (42, "")
    assert installed.read_bytes() == b"something else"


class TestWhatIsInIt:
    def test_what_is_imported_and_no_more(self) -> None:
        assert names(program("host.program_archive")) == {
            "__main__.py",
            *(f"hardened_librespot/{name}" for name in ("__init__.py", "host/__init__.py", "model/__init__.py")),
            *("hardened_librespot/host/program_archive.py", "hardened_librespot/model/errors.py"),
        }

    def test_modules_that_are_imported_by_the_name_of_their_package(self) -> None:
        assert "hardened_librespot/audit/drift.py" in names(program("audit.audit"))

    def test_nothing_of_ansible(self) -> None:
        with zipfile.ZipFile(io.BytesIO(program("audit.audit"))) as opened:
            trees = [ast.parse(opened.read(name)) for name in opened.namelist()]
        imported = {
            (node.module or "").split(".")[0]
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert {name for name in imported if name.startswith("ansible")} == set()

    def test_nothing_is_compressed_and_nothing_dated(self) -> None:
        with zipfile.ZipFile(io.BytesIO(program("host.keeper"))) as opened:
            for entry in opened.infolist():
                assert (entry.compress_type, entry.date_time) == (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))


def test_what_was_not_shipped_is_named() -> None:
    with pytest.raises(HostError, match=r"programs\.nonsense, which belongs to the program programs\.nonsense"):
        program("programs.nonsense")
