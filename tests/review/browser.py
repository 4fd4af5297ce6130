# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Chromium of Debian, in a container of the lab, driven over its own protocol."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests.support.hosts import lab
from tools.lab.recipes import BROWSER

INSIDE = "/pages"
"""Where the browser sees the directory of the pages."""

_START_S = 60.0


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def chromium(pages: Path) -> Iterator[Browser]:
    """Start a browser that can read *pages*, and end it afterwards."""
    lab("up", "--with", "browser")
    name, port = f"hardened-librespot-browser-{os.getpid()}", _free_port()
    # It listens on loopback alone, so it shares that with this machine.
    run = ["docker", "run", "--rm", "--detach", "--name", name, "--network", "host", "--init"]
    program = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
    where = [f"--remote-debugging-port={port}", "--user-data-dir=/tmp/profile", "about:blank"]
    mounted = ["--volume", f"{pages}:{INSIDE}:ro", BROWSER.reference]
    subprocess.run([*run, *mounted, *program, *quiet, *where], check=True, stdout=subprocess.DEVNULL)
    try:
        with sync_playwright() as playwright:
            browser = _connected(playwright, f"http://127.0.0.1:{port}")
            yield browser
            browser.close()
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=True, stdout=subprocess.DEVNULL)


def _connected(playwright: Playwright, address: str) -> Browser:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return playwright.chromium.connect_over_cdp(address)
        except Error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
