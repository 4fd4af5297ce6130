# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus reads of a scheduled audit."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_report import made
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import ERROR, FAILED, PASSED, Finding
from ansible_collections.hardened.librespot.plugins.module_utils.render.audit_metrics import audit_metrics


def finding(control: str, status: str, scope: str = "host") -> Finding:
    return Finding(control, "a check", status, scope, "this", "that", "there", "do it")


def test_each_control_is_counted_and_what_is_red_has_its_moment() -> None:
    before = made("speaker", 1000, 1, "", [finding("CFG-04", FAILED, "kitchen")], None)
    found = [
        *(finding("CFG-04", FAILED, "kitchen"), finding("CFG-04", ERROR, "bedroom"), finding("CFG-04", PASSED)),
        finding("NET-03", PASSED),
    ]
    text = audit_metrics(made("speaker", 2000, 2.25, "", found, before), {"UPD-06": 5000})
    read = {
        (sample.name.removeprefix("librespot_audit_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert read == {
        ("last_run_timestamp_seconds",): 2000,
        ("duration_seconds",): 2.25,
        ("findings", "failed"): 1,
        ("findings", "error"): 1,
        ("findings", "not enforced"): 0,
        ("findings", "waived"): 0,
        ("findings", "passed"): 2,
        ("findings", "not applicable"): 0,
        ("red", "CFG-04", "Medium"): 2,
        ("red", "NET-03", "High"): 0,
        ("red_since_timestamp_seconds", "CFG-04"): 1000,
        ("waiver_expires_timestamp_seconds", "UPD-06"): 5000,
    }
