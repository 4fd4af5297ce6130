# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import time

import pytest

from tools.lab import progress
from tools.lab.progress import Progress


def test_a_short_step_says_nothing() -> None:
    stream = io.StringIO()
    with Progress(stream=stream).step("short"):
        pass
    assert stream.getvalue() == ""


def test_a_long_step_says_that_it_is_under_way_and_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LONG_S", 0.01)
    stream = io.StringIO()
    with Progress(stream=stream).step("long"):
        time.sleep(0.1)
    first, last = stream.getvalue().splitlines()
    assert first.startswith("long… ")
    assert last.startswith("long: done after ")


def test_a_failed_step_says_so() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyError), Progress(stream=stream).step("short"):
        raise KeyError
    assert stream.getvalue().startswith("short: failed after ")


def test_quiet_is_quiet_even_about_failures() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyError), Progress(quiet=True, stream=stream).step("short"):
        raise KeyError
    assert stream.getvalue() == ""
