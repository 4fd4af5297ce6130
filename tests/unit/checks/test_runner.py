# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tools.checks.runner import Outcome, Runner, closing, table
from tools.checks.stages import Stage
from tools.checks.verdict import Verdict
from tools.lab.cache import Cache
from tools.lab.errors import LabError
from tools.lab.progress import Progress
from tools.lab.venv import Environment


def no_python(core: str) -> Environment:
    raise LabError(f"no Python for ansible-core {core}")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", Progress(quiet=True))


@pytest.fixture
def runner(tmp_path: Path, cache: Cache) -> Runner:
    environment = Environment(tmp_path / "venv", tmp_path / "tree", tmp_path / "collections")
    made = Runner(tmp_path, tmp_path / "scratch", cache, Progress(quiet=True), lambda _core: environment)
    made.prepare("2.19")
    return made


def shell(script: str, limit_min: float = 1, name: str = "sample") -> Stage:
    return Stage(name, ("sh", "-c", script), (), core="2.19", limit_min=limit_min)


def test_the_output_goes_to_a_log(runner: Runner, cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    (outcome,) = runner.run(shell("echo said; echo '3 passed in 0.10s'"))
    assert outcome.verdict == Verdict(3, 0)
    assert "said" in cache.log("check-sample").read_text()
    assert "said" not in capsys.readouterr().out


def test_a_failure_shows_the_end_of_its_output(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    (outcome,) = runner.run(shell("seq 200; echo why; exit 3"))
    assert outcome.verdict.failed == 1
    shown = capsys.readouterr().out
    assert "why" in shown
    assert "\n10\n" not in shown


def test_a_stage_that_hangs_is_ended_with_its_children(runner: Runner, tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    (outcome,) = runner.run(shell(f"sleep 60 & echo $! > {pidfile}; wait", limit_min=0.05))
    assert outcome.verdict.failed == 1
    assert outcome.seconds < 30
    for _attempt in range(100):
        if not alive(int(pidfile.read_text())):
            return
        time.sleep(0.05)
    pytest.fail("the child still runs")


def test_a_stage_heeds_ctrl_c_although_its_runner_was_started_deaf(runner: Runner, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        (outcome,) = runner.run(shell(f"trap 'touch {tmp_path}/cleaned; exit 1' INT; sleep 60", limit_min=0.05))
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.verdict.failed == 1
    assert (tmp_path / "cleaned").exists()


def test_stages_run_at_the_same_time(runner: Runner, tmp_path: Path) -> None:
    """Each of them waits for the other."""
    one, other = tmp_path / "one", tmp_path / "other"
    script = "touch {}; until [ -e {} ]; do sleep 0.05; done; echo '{} passed in 0.10s'"
    outcomes = runner.run(
        shell(script.format(one, other, 1), name="one"), shell(script.format(other, one, 2), name="other")
    )
    assert [(item.stage, item.verdict) for item in outcomes] == [("one", Verdict(1, 0)), ("other", Verdict(2, 0))]


def test_one_that_fails_leaves_the_other_alone(runner: Runner) -> None:
    outcomes = runner.run(shell("exit 3", name="one"), shell("sleep 0.5; echo '2 passed in 0.50s'", name="other"))
    assert [item.verdict.failed for item in outcomes] == [1, 0]
    assert outcomes[0].seconds < outcomes[1].seconds


def test_an_interrupt_ends_all_of_them(runner: Runner, tmp_path: Path) -> None:
    script = "trap 'touch {}; exit 1' INT; touch {}.began; sleep 60"
    ends = [tmp_path / "one", tmp_path / "other"]

    def interrupt() -> None:
        while not all(Path(f"{end}.began").exists() for end in ends):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        runner.run(*(shell(script.format(end, end), name=end.name) for end in ends))
    assert all(end.exists() for end in ends)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", maxsplit=1)[1].split()[0]
    return state != "Z"


def test_a_missing_environment_fails_what_needs_it(tmp_path: Path, cache: Cache) -> None:
    made = Runner(tmp_path, tmp_path / "scratch", cache, Progress(quiet=True), no_python)
    assert made.prepare("2.21").verdict.failed == 1
    (outcome,) = made.run(Stage("sample", ("true",), (), core="2.21"))
    assert outcome.verdict.failed == 1


def test_the_table_and_the_closing_line_sum_up() -> None:
    outcomes = [Outcome("unit", Verdict(40, 0), 3.25), Outcome("types", Verdict(0, 1), 12)]
    assert "unit" in table(outcomes)
    assert "failed" in table(outcomes).splitlines()[2]
    assert closing(outcomes) == "40 passed, 1 failed"
