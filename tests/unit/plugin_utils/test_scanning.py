# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nobody looked at has an id by its kind, so that a waiver for one covers no other."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.scanned import Scanned
from ansible_collections.hardened.librespot.plugins.plugin_utils import scanning
from ansible_collections.hardened.librespot.plugins.plugin_utils.engines.engine import Scan
from ansible_collections.hardened.librespot.plugins.plugin_utils.scanning import Scanning
from ansible_collections.hardened.librespot.plugins.plugin_utils.subjects import Subject
from tests.support.auditable import program

from .test_bill import CRATES, LIBRARY, PROGRAM, bill, saved

SBOM = {"usr/share/sbom/librespot.cdx.json": bill(CRATES)}
LIBRARIES = {"usr/bin/librespot": PROGRAM, "usr/lib/libc.so.6": LIBRARY}
PARAMS: dict[str, Any] = {
    "engines": [{"name": "cargo-audit"}],
    "today": "2026-08-25",
    "cache_dir": "/nowhere",
    "max_age": 30,
    "timeout": 60,
    "proxy": False,
    "explain": True,
    "vex": [],
    "waivers": [],
    "fail_on": "any",
}


class Silent:
    """An engine that knows crates alone, and nothing against them."""

    identifiers: Collection[str] = ()

    def scan(self, subject: Subject) -> Scan:
        del subject
        return Scan("cargo-audit", "0", {}, [])


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "engine", lambda *_given: Silent())


def scan(path: Path, content: bytes, *waived: str) -> Scanned:
    path.write_bytes(content)
    waivers = [{"id": name, "reason": "another scanner looks at it", "until": "2026-12-31"} for name in waived]
    return Scanning({**PARAMS, "waivers": waivers}).of(str(path), "auto")


def open_in(scanned: Scanned) -> set[str]:
    return {item.found.id for item in scanned.judged if item.status == "open"}


def test_a_file_that_the_sbom_does_not_name_is_not_waived_with_the_distribution(tmp_path: Path) -> None:
    image = saved({**LIBRARIES, "usr/bin/evil": b"evil"}, SBOM)
    found = scan(tmp_path / "image", image, "NOT-COVERED-distribution", "NOT-COVERED-forked")
    assert open_in(found) == {"NOT-COVERED-files"}
    (said,) = (item.found for item in found.judged if item.status == "open")
    assert said.title == "No engine looked at /usr/bin/evil, which the SBOM does not name"
    # It is none of the crates, of which no other finding has a package URL here.
    assert {item.found.package: item.found.purl for item in found.judged} == {
        "distribution": "pkg:generic/distribution",
        "files": "pkg:generic/files",
        "forked": "",
    }


def test_an_image_without_an_sbom_has_files_alone(tmp_path: Path) -> None:
    assert open_in(scan(tmp_path / "image", saved(LIBRARIES))) == {"NOT-COVERED-files", "NOT-COVERED-forked"}


def test_one_list_of_waivers_is_for_images_and_programs(tmp_path: Path) -> None:
    waived = ("NOT-COVERED-distribution", "NOT-COVERED-forked")
    image = scan(tmp_path / "image", saved(LIBRARIES, SBOM), *waived)
    assert (open_in(image), image.unused) == (set(), [])
    artifact = scan(tmp_path / "program", PROGRAM, *waived)
    assert (open_in(artifact), artifact.unused) == (set(), ["NOT-COVERED-distribution"])


def test_what_was_never_one_is_no_waiver(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="the id of no advisory"):
        scan(tmp_path / "program", PROGRAM, "NOT-COVERED-everything")


@pytest.mark.parametrize("name", ["distribution", "components", "files"])
def test_a_crate_that_is_called_as_one_of_them_has_another_id(tmp_path: Path, name: str) -> None:
    crates = [{**crate, "name": name if crate["name"] == "forked" else crate["name"]} for crate in CRATES]
    assert open_in(scan(tmp_path / "program", program(crates))) == {f"NOT-COVERED-crate:{name}"}


@pytest.mark.parametrize("name", ["cargo-audit", "osv-scanner"])
@pytest.mark.parametrize("option", ["database", "distribution_database"])
def test_a_login_in_an_engine_is_refused_and_not_shown(name: str, option: str) -> None:
    engines = [{"name": "cargo-audit"}, {"name": name, option: "https://me:s3cret@example.org/db.git"}]
    with pytest.raises(SpecificationError, match=rf"^engines\[1\]\.{option}: has a login") as caught:
        Scanning({**PARAMS, "engines": engines})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "wrong", "right"),
    [
        ("max_age", -1, "0 to 3650 days"),
        ("max_age", int("9" * 23), "0 to 3650 days"),
        ("timeout", 0, "1 to 86400 seconds"),
        ("timeout", -5, "1 to 86400 seconds"),
        ("timeout", int("9" * 20), "1 to 86400 seconds"),
        ("timeout", None, "1 to 86400 seconds"),
    ],
)
def test_numbers_have_a_range(option: str, wrong: int, right: str) -> None:
    with pytest.raises(SpecificationError, match=f"^{option}: {wrong} .* {right}"):
        Scanning({**PARAMS, option: wrong})
