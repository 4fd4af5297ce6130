# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout and a CI found out stands on the host, and each audit reads it anew: mutants of UPD-03 to UPD-09."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.upkeep.conftest import IMAGES, Finding, Kept, attestations

STAGED, PROVED, SCANNED, FIXABLE = ("UPD-03", "staged"), ("UPD-04", "proved"), ("UPD-06", "scan"), ("UPD-09", "fixable")
BILL, IMAGE, LIBRARIES = ("UPD-05", "crates"), ("CON-08", "scan"), ("CON-09", "packages")
PIPELINE = ("UPD-07", "ci")
OF_CONTAINERS = frozenset({IMAGE, LIBRARIES})

_EDIT = """
import glob, json, re, sys
(path,) = glob.glob(f"/opt/librespot/attestations/*.{sys.argv[1]}.intoto.jsonl")
with open(path) as handle:
    lines = [json.loads(line) for line in handle]
for line in lines:
    subject, predicate = line["subject"][0], line["predicate"]
    exec(sys.argv[2])
with open(path, "w") as handle:
    handle.writelines(json.dumps(line) + chr(10) for line in lines)
"""
_BEFORE = "/root/before"
_ALTERED = "--parents /opt/librespot/attestations $(find /opt/librespot -name sbom.cdx.json -o -name SHA256SUMS)"
_MADE = 'predicate["configuration"][0]["annotations"]["at"]'
_FIRST = 'noted = predicate["scanner"]["result"][0]["annotations"][0]'

_BILL = """
import hashlib, json, os
release = "/opt/librespot/" + os.readlink("/opt/librespot/current")
with open(release + "/sbom.cdx.json") as handle:
    bill = json.load(handle)
{change}
with open(release + "/sbom.cdx.json", "w") as handle:
    json.dump(bill, handle)
names = ["bin/librespot", "sbom.cdx.json", "manifest.json"]
with open(release + "/SHA256SUMS", "w") as handle:
    for name in sorted(names):
        with open(release + "/" + name, "rb") as file:
            handle.write(hashlib.sha256(file.read()).hexdigest() + "  " + name + chr(10))
"""


@dataclass(frozen=True)
class Mutant:
    """A way in which a control is taken away: a command on the host, and what must turn red then, exactly."""

    name: str
    argv: tuple[str, ...]
    red: frozenset[Finding]

    def of(self, deployment: str) -> frozenset[Finding]:
        """Return what turns red with this *deployment*; nothing where what it takes away is not there."""
        return self.red - ({BILL} if deployment == "container" else OF_CONTAINERS)


def edited(name: str, kind: str, change: str, *red: Finding) -> Mutant:
    return Mutant(name, ("python3", "-c", _EDIT, kind, change), frozenset(red))


def removed(kind: str, *red: Finding) -> Mutant:
    return Mutant(f"no {kind}", ("sh", "-euc", f"rm /opt/librespot/attestations/*.{kind}.*"), frozenset(red))


def billed(name: str, change: str) -> Mutant:
    return Mutant(name, ("python3", "-c", _BILL.replace("{change}", change)), frozenset({BILL}))


MUTANTS = (
    removed("scan", SCANNED, FIXABLE, IMAGE),
    removed("rollout", STAGED, PROVED),
    removed("packages", LIBRARIES),
    removed("ci", PIPELINE),
    edited("open", "scan", f'{_FIRST}; noted["status"] = "open"', SCANNED, IMAGE),
    edited("waiver that has expired", "scan", f'{_FIRST}; noted["until"] = "2026-01-01"', SCANNED, IMAGE),
    edited("left", "scan", f'{_FIRST}; noted.update(status="waived", fix="refresh")', FIXABLE),
    Mutant(
        "writable",
        ("sh", "-euc", "chmod 0666 /opt/librespot/attestations/*.scan.*"),
        frozenset({SCANNED, FIXABLE, IMAGE}),
    ),
    edited("old", "scan", 'predicate["metadata"]["scanFinishedOn"] = "2001-01-01T00:00:00Z"', SCANNED, IMAGE),
    edited("of another", "scan", 'subject["digest"]["sha256"] = "0" * 64', SCANNED, FIXABLE, IMAGE),
    edited("rollout of another", "rollout", 'subject["digest"]["sha256"] = "0" * 64', STAGED, PROVED),
    edited("not staged", "rollout", 'predicate["passedTests"].remove("staging")', STAGED),
    edited("not watched", "rollout", 'predicate["passedTests"].remove("soak")', PROVED),
    edited("failed", "rollout", 'predicate.update(result="FAILED", failedTests=["health"])', STAGED, PROVED),
    edited("outdated", "packages", 'predicate.update(result="FAILED", failedTests=["libc6 1, there is 2"])', LIBRARIES),
    edited("compared long ago", "packages", f'{_MADE} = "2001-01-01T00:00:00Z"', LIBRARIES),
    edited("CI of another", "ci", 'subject["digest"]["sha256"] = "0" * 64', PIPELINE),
    edited("CI that failed", "ci", 'predicate.update(result="FAILED", failedTests=["scan"])', PIPELINE),
    edited("CI without SARIF", "ci", 'predicate["configuration"].pop()', PIPELINE),
    edited("CI long ago", "ci", f'{_MADE} = "2001-01-01T00:00:00Z"', PIPELINE),
    billed("crate that is not named", 'bill["components"] = [x for x in bill["components"] if x["name"] != "aes"]'),
    billed(
        "crate too many", 'bill["components"].append({"type": "library", "name": "x", "purl": "pkg:cargo/x@1.0.0"})'
    ),
)
"""Declared before they were tried. Those of images alone are nothing to a release, and the other way round."""


@pytest.fixture
def green(kept: Kept) -> Kept:
    """Return the host as it was attested."""
    assert kept.red() == set()
    return kept


def test_what_was_proved_is_attested_and_passed(kept: Kept, deployment: str) -> None:
    found = kept.findings()
    controls = {STAGED, PROVED, SCANNED, FIXABLE, PIPELINE, BILL}
    controls |= OF_CONTAINERS if deployment == "container" else set()
    assert {key: found[key]["status"] for key in controls} == dict.fromkeys(controls, "passed")
    assert kept.red() == set()


def test_a_second_run_leaves_what_is_attested_as_it_is(kept: Kept) -> None:
    before = {path: kept.host.out("cat", str(path)) for path in attestations(kept.host)}
    assert kept.update()["outcome"] in ("current", "updated")
    assert {path: kept.host.out("cat", str(path)) for path in attestations(kept.host)} == before


def test_the_gate_knows_that_an_instance_has_a_proxy(kept: Kept) -> None:
    (speaker,) = kept.wanted["librespot_instances"]
    options = {**speaker["options"], "proxy": "http://192.0.2.1:3128"}
    assert "the gate is closed: open are RUSTSEC-" in kept.refused(
        librespot_instances=[{**speaker, "options": options}]
    )
    kept.update()


@pytest.mark.parametrize(
    ("deployment", "mutant"),
    [pytest.param(name, item, id=f"{item.name}-{name}") for item in MUTANTS for name in IMAGES if item.of(name)],
    indirect=["deployment"],
)
def test_mutant(green: Kept, deployment: str, mutant: Mutant) -> None:
    host, expected = green.host, mutant.of(deployment)
    host.out("sh", "-euc", f"rm -rf {_BEFORE}; mkdir {_BEFORE}; cp -a {_ALTERED} {_BEFORE}")
    try:
        host.out(*mutant.argv)
        assert green.red() == expected
        missing = green.red(librespot_audit_upkeep=False, librespot_audit_ci=False)
        # Where nobody keeps the host up to date, and no CI has to pass, only what is wrong is red.
        assert missing == (set() if mutant.name.startswith("no ") else expected)
    finally:
        # The program that runs stays the file that it is.
        host.out("sh", "-euc", f"cp -a {_BEFORE}/. /")
