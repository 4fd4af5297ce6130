# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboard of Grafana, as the data that its JSON is. Colours are names, which fit its light and its dark theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.alert_files import MARK
from ..model.alerting import Alerting
from .alert_rules import SERVICE
from .dashboard_panels import STAT, TABLE, TIMELINE, TIMESERIES, Panel, rows

UID = "hardened-librespot"
_SCHEMA = 36
"""Of Grafana 9; newer ones bring it to their own when they load it."""

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24
_HEIGHTS = {STAT: 4, TIMELINE: 7, TIMESERIES: 8, TABLE: 8}


def dashboard(alerting: Alerting) -> dict[str, Any]:
    """Return the dashboard; its thresholds are those of *alerting*."""
    return {
        "uid": UID,
        "title": "librespot",
        "description": MARK,
        "tags": [SERVICE],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables()},
        "annotations": {"list": [_alerts()]},
        "panels": _panels(rows(alerting.thresholds)),
    }


def _variables() -> list[dict[str, Any]]:
    return [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus", "refresh": 1},
        _choice("instance", "Host", "label_values(librespot_instance_info, instance)"),
        _choice("name", "Instance", 'label_values(librespot_instance_info{instance=~"$instance"}, name)'),
    ]


def _choice(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "enable": True,
        "iconColor": "red",
        "datasource": _SOURCE,
        "expr": f'ALERTS{{service="{SERVICE}", alertstate="firing", instance=~"$instance"}}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{instance}} {{name}}",
        "tagKeys": "severity",
    }


def _panels(chosen: Mapping[str, tuple[Panel, ...]]) -> list[dict[str, Any]]:
    """Return *chosen*, each row from the left to the right, and down where it is full."""
    found: list[dict[str, Any]] = []
    x = y = height = 0
    for title, panels in chosen.items():
        y, x, height = y + height, 0, 0
        place = {"h": 1, "w": _COLUMNS, "x": 0, "y": y}
        found.append(
            {"id": len(found) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        )
        y += 1
        for panel in panels:
            if x + panel.width > _COLUMNS:
                y, x, height = y + height, 0, 0
            place = {"h": _HEIGHTS[panel.kind], "w": panel.width, "x": x, "y": y}
            found.append({"id": len(found) + 1, "gridPos": place, **_panel(panel)})
            x, height = x + panel.width, max(height, _HEIGHTS[panel.kind])
    return found


def _panel(panel: Panel) -> dict[str, Any]:
    table = panel.kind == TABLE
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": _SOURCE,
            "expr": query.expr,
            "legendFormat": query.legend or "__auto",
            "editorMode": "code",
            "format": "table" if table else "time_series",
            "instant": table or panel.kind == STAT,
            "range": not table and panel.kind != STAT,
        }
        for number, query in enumerate(panel.queries)
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _dashed() if panel.limits else []},
        "options": _OPTIONS[panel.kind],
        **({"transformations": [_columns(panel)]} if table else {}),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad is not None:
        steps.append({"color": "red", "value": panel.bad})
    return {
        "unit": panel.unit,
        "min": 0,
        **({"max": panel.maximum} if panel.maximum is not None else {}),
        "color": {"mode": "palette-classic" if panel.kind == TIMESERIES else "thresholds"},
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": [_states(panel.states)] if panel.states else [],
        "custom": _custom(panel),
    }


def _custom(panel: Panel) -> dict[str, Any]:
    if panel.kind == TIMESERIES:
        line = "dashed" if panel.bad is not None else "off"
        return {"lineWidth": 1, "fillOpacity": 0, "showPoints": "auto", "thresholdsStyle": {"mode": line}}
    return {"fillOpacity": 70, "lineWidth": 0} if panel.kind == TIMELINE else {}


def _states(states: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    options = {
        str(number): {"text": text, "color": color, "index": index}
        for index, (number, (text, color)) in enumerate(states.items())
    }
    return {"type": "value", "options": options}


def _dashed() -> list[dict[str, Any]]:
    """Return what draws limits apart from what is used."""
    style = {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}}
    return [{"matcher": {"id": "byRegexp", "options": ".* limit$"}, "properties": [style]}]


def _columns(panel: Panel) -> dict[str, Any]:
    """Return what leaves the columns of *panel* in a table, under their headings."""
    shown = {**panel.columns, **({"Value": panel.value} if panel.value else {})}
    hidden = ("Time", "__name__", "job", *(() if panel.value else ("Value",)))
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: index for index, name in enumerate(shown)},
            "renameByName": shown,
        },
    }


_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_OPTIONS: Mapping[str, dict[str, Any]] = {
    TIMESERIES: {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    STAT: {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value",
    },
    TABLE: {"showHeader": True, "cellHeight": "sm"},
    TIMELINE: {
        "alignValue": "center",
        "legend": _LEGEND,
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    },
}
