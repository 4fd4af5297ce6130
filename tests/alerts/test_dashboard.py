# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboard is what Grafana's own schema says, and Prometheus reads its queries.

No registry that this machine reaches has Grafana itself. Its schema is in the library that Grafana makes of it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from ansible_collections.hardened.librespot.plugins.module_utils.model.alerting import default_alerting
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import METRICS
from ansible_collections.hardened.librespot.plugins.module_utils.render.dashboard import dashboard
from tests.alerts.conftest import Tools
from tests.alerts.schema import misfits

_METRIC = re.compile(r"\blibrespot_\w+")


@pytest.fixture(scope="module", autouse=True)
def _plugins() -> None:
    register_default_plugins()


@pytest.fixture
def made() -> dict[str, Any]:
    """Return the dashboard as it is written."""
    found: dict[str, Any] = json.loads(json.dumps(dashboard(default_alerting())))
    return found


def lost(data: dict[str, Any]) -> list[str]:
    """Return the paths of what Grafana's schema does not know, or says otherwise: what does not come back from it."""
    back = json.loads(json.dumps(Dashboard.from_json(copy.deepcopy(data)), cls=JSONEncoder))
    return list(_lost(data, back, ""))


def _lost(here: Any, there: Any, path: str) -> Iterator[str]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key, value in here.items():
            if key not in there:
                yield f"{path}.{key}"
            else:
                yield from _lost(value, there[key], f"{path}.{key}")
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for number, (one, other) in enumerate(zip(here, there, strict=True)):
            yield from _lost(one, other, f"{path}[{number}]")
    elif here != there:
        yield path


def queries(data: dict[str, Any]) -> list[str]:
    """Return all expressions, as Grafana asks for them: with every variable filled in."""
    found = [target["expr"] for panel in data["panels"] for target in panel.get("targets", [])]
    found += [item["expr"] for item in data["annotations"]["list"]]
    values = {"$__rate_interval": "1m", "$instance": ".*", "$name": ".*"}
    for name, value in values.items():
        found = [query.replace(name, value) for query in found]
    return found


def test_the_schema_knows_all_of_it(made: dict[str, Any]) -> None:
    # Fields of the data source's own, which the schema leaves to it: @grafana/prometheus reads them.
    own = [f".annotations.list[0].{name}" for name in ("titleFormat", "textFormat", "tagKeys")]
    assert lost(made) == own
    assert misfits(Dashboard.from_json(made)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("panels", 1, "gridPosition"), {"x": 0}),
        (("panels", 1, "options", "colourMode"), "value"),
        (("panels", 1, "fieldConfig", "defaults", "units"), "s"),
        (("templating", "list", 0, "kind"), "datasource"),
    ],
)
def test_what_the_schema_does_not_know_is_found(
    made: dict[str, Any], path: tuple[str | int, ...], value: object
) -> None:
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    before = lost(made)
    place[path[-1]] = value
    assert lost(made) != before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("panels", 1, "gridPos", "x"), "left"),
        (("panels", 1, "title"), 7),
        (("panels", 1, "options", "colorMode"), "colour"),
        (("refresh",), 30),
        (("graphTooltip",), 9),
        (("panels", 22, "transformations", 0, "id"), 7),
        (("panels", 22, "transformations", 0, "disable"), True),
    ],
)
def test_what_has_another_type_is_found(made: dict[str, Any], path: tuple[str | int, ...], value: object) -> None:
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert misfits(Dashboard.from_json(made))


def test_panels_lie_beside_each_other_and_have_numbers_of_their_own(made: dict[str, Any]) -> None:
    panels = made["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (column, line)
            for column in range(place["x"], place["x"] + place["w"])
            for line in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_it_asks_for_metrics_that_there_are(made: dict[str, Any]) -> None:
    asked = set(_METRIC.findall(json.dumps([queries(made), made["templating"]])))
    assert asked
    assert asked <= set(METRICS)


def test_prometheus_reads_the_queries(tools: Tools, made: dict[str, Any]) -> None:
    recorded = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(queries(made))]
    rules = yaml.safe_dump({"groups": [{"name": "asked", "rules": recorded}]})
    said = tools.promtool("check", "rules", "rules.yml", files={"rules.yml": rules})
    assert said.returncode == 0, said.stderr
    assert f"{len(recorded)} rules found" in said.stdout
