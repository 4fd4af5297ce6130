# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed while they deploy a Quadlet: the world and the test are those of containers of Docker."""

from __future__ import annotations

from tests.containers.test_kill import test_killed_run, world

__all__ = ["test_killed_run", "world"]
