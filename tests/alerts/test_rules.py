# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each alert fires when it should, is silent just below, and resolves, as promtool judges the rules that users get."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.model.alerting import (
    Alerting,
    default_alerting,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS
from ansible_collections.hardened.librespot.plugins.module_utils.render.alert_rules import rules
from ansible_collections.hardened.librespot.plugins.plugin_utils.alert_texts import yaml_text
from tests.alerts.cases import CASES, Case
from tests.alerts.conftest import Tools
from tests.alerts.promtool import unit_tests, without_prose


def judged(tools: Tools, alerting: Alerting, cases: Iterable[Case]) -> subprocess.CompletedProcess[str]:
    """Return what promtool says of *cases*."""
    tests = {f"test-{step}.yml": yaml.safe_dump(file) for step, file in unit_tests(cases, "rules.yml").items()}
    files = {"rules.yml": yaml_text(without_prose(rules(alerting)), ""), **tests}
    return tools.promtool("test", "rules", *tests, files=files)


def test_rules_are_what_promtool_takes(tools: Tools) -> None:
    said = tools.promtool("check", "rules", "rules.yml", files={"rules.yml": yaml_text(rules(default_alerting()), "")})
    assert said.returncode == 0, said.stderr
    assert "SUCCESS" in said.stdout


def test_rules_fire_and_are_silent(tools: Tools) -> None:
    said = judged(tools, default_alerting(), CASES)
    assert said.returncode == 0, said.stdout + said.stderr


def test_rules_have_cases_each() -> None:
    resolved = {case.alert for case in CASES if min(case.silent) < case.fires < max(case.silent)}
    assert resolved == {case.alert for case in CASES} == set(ALERTS)
    assert all(case.below for case in CASES)
