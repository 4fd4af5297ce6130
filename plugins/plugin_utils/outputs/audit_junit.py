# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings of an audit as JUnit, which every CI shows: a suite for each host, a test for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from ...module_utils.model.finding import ERROR, FAILED, PASSED, Finding
from ...module_utils.model.report import FLEET, Report
from .junit import encoded, plain

try:
    from junitparser import Error, Failure, Skipped, TestCase, TestSuite
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where junitparser is not installed."""

_NAME = "hardened.librespot.audit"


def audit_junit(report: Report) -> str:
    """Return the findings of *report* as text. What was not enforced, waived or not applicable was skipped."""
    fleet = [_suite(FLEET, report.fleet)] if report.fleet else []
    suites = [*fleet, *(_suite(name, host.findings) for name, host in sorted(report.hosts.items()))]
    for suite in suites:
        if report.made:
            # The form knows no zone.
            suite.timestamp = report.made.removesuffix("Z")
    return encoded(_NAME, suites)


def _suite(host: str, findings: Sequence[Finding]) -> TestSuite:
    suite = TestSuite(plain(host))
    for finding in findings:
        suite.add_testcase(_case(finding))
    return suite


def _case(finding: Finding) -> TestCase:
    case = TestCase(plain(f"{finding.id} {finding.check} of {finding.scope}"), plain(f"{_NAME}.{finding.id}"))
    if finding.status in (FAILED, ERROR):
        said = plain(f"{finding.observed}, expected: {finding.expected}")
        result = Failure(said, finding.status) if finding.status == FAILED else Error(said, finding.status)
        result.text = plain(f"{finding.evidence}. {finding.remedy}")
        case.result = [result]
    elif finding.status != PASSED:
        case.result = [Skipped(plain(f"{finding.status}: {finding.observed}"))]
    return case
