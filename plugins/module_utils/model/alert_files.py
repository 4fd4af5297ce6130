# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How files of ours are known among those of Prometheus, Alertmanager and Grafana."""

from __future__ import annotations

MARK = "Made by the module hardened.librespot.alerts, which writes it anew: change its options, not this file."
