# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scan as JUnit, which every CI shows: each advisory is a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...module_utils.model.gate import BELOW, OPEN, WAIVED, Judged
from ...module_utils.model.scanned import Scanned

try:
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where junitparser is not installed."""

_NAME = "hardened.librespot.scan"


def as_junit(scanned: Scanned) -> str:
    """Return the scan as text: what is open has failed, what is waived or below the gate was skipped.

    One test more says that all packages were looked at: a file without tests would look as if nothing had run.
    """
    suite = TestSuite(_NAME)
    suite.timestamp = f"{scanned.today}T00:00:00"
    engines = ", ".join(f"{engine['name']} {engine['version']}" for engine in scanned.engines)
    looked = f"{scanned.packages} packages of {scanned.path} were looked at by {engines}"
    suite.add_testcase(TestCase(plain(looked), _NAME))
    for item in scanned.judged:
        suite.add_testcase(_case(item))
    return encoded(_NAME, [suite])


def encoded(name: str, suites: Sequence[TestSuite]) -> str:
    """Return *suites* as the text of one document."""
    document = JUnitXml(name)
    for suite in suites:
        document.add_testsuite(suite)
    tostring: Any = document.tostring  # it has no types
    return str(tostring().decode()) + "\n"


def _case(item: Judged) -> TestCase:
    found = item.found
    case = TestCase(plain(f"{found.id} {found.package} {found.package_version}: {found.title}"), _NAME)
    case.result = _outcome(item)
    return case


def _outcome(item: Judged) -> list[Any]:
    found = item.found
    if item.status == OPEN:
        failure = Failure(plain(f"{found.judged_severity} {found.category}: {found.title}"), found.judged_severity)
        failure.text = plain(
            f"{' > '.join(found.path)}; fixed in {' or '.join(found.fixed_in) or 'nothing'}. {item.why} {found.url}"
        )
        return [failure]
    if item.status in (BELOW, WAIVED):
        until = f" until {item.until}" if item.until else ""
        return [Skipped(plain(f"{item.status}{until}: {item.why}"))]
    return []


def plain(text: str) -> str:
    """Return *text* without what XML cannot hold."""
    return "".join(character if character.isprintable() else " " for character in text).strip()
