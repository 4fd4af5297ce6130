# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that tells someone: what is new arrives once, by each channel; what did not arrive is told again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.supply.conftest import TODAY
from tests.supply.databases import EXCERPT, ROOT
from tests.supply.mirror import Mirror, atom, mirror
from tests.supply.releases import index_rows
from tests.support.hosts import BUILDER, Host, fresh
from tests.support.locks import pin_refreshed
from tests.support.plays import Controller, built
from tests.support.told import PASSWORD, USER, Authority, Hook, MailServer, authority, mail_server, webhook
from tools.lab.cache import location

CHECK = ROOT / "examples/check"
SECRET = b"a secret of the webhook"
ADVISORY = """```toml
[advisory]
id = "{id}"
package = "tokio"
date = "2026-08-20"
url = "https://example.org/{id}"
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

[versions]
patched = [">= 99.0.0"]
```

# {title}
"""


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def mailbox(trusted: Authority) -> Iterator[MailServer]:
    with mail_server(trusted) as server:
        yield server


@pytest.fixture
def hook(trusted: Authority) -> Iterator[Hook]:
    with webhook(trusted) as server:
        yield server


@dataclass
class Check:
    """The check of a user: *variables* are theirs, *database* is what the scanner looks into."""

    directory: Path
    database: Path
    variables: dict[str, Any] = field(default_factory=dict)
    output: str = ""

    def run(self, *options: str, **variables: Any) -> int:
        """Run it, and return its status."""
        argv = [str(CHECK), str(self.directory), "-i", "localhost,", "-e", json.dumps({**self.variables, **variables})]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
        done = subprocess.run([*argv, *options], env=environment, capture_output=True, text=True, check=False)
        self.output = done.stdout + done.stderr
        return done.returncode

    def publish(self, identifier: str, title: str = "Anyone can do anything") -> None:
        """Add an advisory to the database."""
        file = self.database / f"crates/tokio/{identifier}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(ADVISORY.format(id=identifier, title=title), encoding="utf-8")

    def figures(self) -> dict[str, float]:
        """Return the figures for Prometheus, read by its own parser."""
        text = (self.directory / "librespot.prom").read_text(encoding="utf-8")
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {"".join([x.name.removeprefix("librespot_check_"), *x.labels.values()]): x.value for x in samples}

    def record(self) -> dict[str, Any]:
        """Return what the last check says of itself."""
        said: dict[str, Any] = json.loads((self.directory / "record.json").read_text(encoding="utf-8"))
        return said


def secret(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def check(refreshed: Path, trusted: Authority, mailbox: MailServer, hook: Hook, tmp_path: Path) -> Check:
    """Return a check that has looked once, and found nothing."""
    made = Check(tmp_path / "check", tmp_path / "database")
    shutil.copytree(EXCERPT, made.database)
    made.variables = {
        "librespot_check_paths": [{"path": str(refreshed), "hosts": ["kitchen", "office"]}],
        "librespot_check_engines": [{"name": "cargo-audit", "database": str(made.database)}],
        "librespot_check_today": TODAY,
        "librespot_check_cache_dir": str(tmp_path / "cache"),
        "librespot_check_releases": False,
        "librespot_check_metrics": str(made.directory / "librespot.prom"),
        "librespot_check_mail": {
            "to": ["ops@example.org", "night@example.org"],
            "sender": "librespot@example.org",
            "host": "localhost",
            "port": mailbox.port,
            "ca_file": str(trusted.ca),
            "username": USER,
            "password_file": secret(tmp_path / "password", f"{PASSWORD}\n"),
        },
        "librespot_check_webhooks": [
            {
                "url": f"https://localhost:{hook.port}/hook",
                "ca_file": str(trusted.ca),
                "secret_file": secret(tmp_path / "secret", SECRET.decode()),
                "headers_file": secret(tmp_path / "headers", "Authorization: Bearer of-news\n"),
            }
        ],
    }
    assert made.run() == 0, made.output
    assert (mailbox.letters, hook.bodies) == ([], [])
    return made


@pytest.fixture
def without_advisories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return librespot as built with a refreshed lock file."""
    lock = str(pin_refreshed(location(os.environ)))
    return Path(built(Controller(Host(BUILDER), tmp_path_factory.mktemp("controller")), lock=lock)["path"])


@pytest.fixture
def feed(check: Check) -> Iterator[Mirror]:
    """Return a server of a feed with one entry, at which the check has not looked yet."""
    with mirror() as server:
        server.put("/feed", atom("old"))
        check.variables["librespot_check_feeds"] = [{"name": "commits", "url": f"{server.url}/feed"}]
        yield server


NEW = "RUSTSEC-2026-9001"
LINE = f"{NEW}: tokio"


def bodies(mailbox: MailServer) -> list[str]:
    return [letter.get_content() for letter in mailbox.letters]


class TestNews:
    """Over three runs, each arrives once."""

    def test_a_new_advisory(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        check.publish(NEW)
        assert [check.run(), check.run(), check.run()] == [1, 1, 1], check.output
        assert sorted(mailbox.recipients) == ["night@example.org", "ops@example.org"]
        for letter in mailbox.letters:
            assert letter["Subject"] == "librespot: 1 advisory (worst: critical)"
            body = letter.get_content().replace("\r\n", "\n")
            assert LINE in body
            assert "kitchen, office" in body
            assert f"https://example.org/{NEW}" in body
        (said,) = hook.said
        ((item,),) = [said["items"]]
        assert item["title"].startswith(LINE)
        assert (item["kind"], item["severity"], item["hosts"]) == ("advisory", "critical", ["kitchen", "office"])
        (headers,) = hook.headers
        assert headers["authorization"] == "Bearer of-news"
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + hook.bodies[0]
        wanted = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"
        figures = check.figures()
        assert (figures["open_advisoriescritical"], figures["complete"], figures["undelivered"]) == (1, 1, 0)
        # The next one alone, and the first no more.
        check.publish("RUSTSEC-2026-9002")
        assert check.run() == 1
        assert len(hook.titles) == 2
        assert hook.titles[1].startswith("RUSTSEC-2026-9002")

    def test_a_new_release_and_an_entry_of_a_feed(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        rows = index_rows()
        with mirror() as server:
            server.serve(rows)
            server.put("/feed", atom("old"))
            check.variables |= {
                "librespot_check_releases": True,
                "librespot_check_index": server.index,
                "librespot_check_policy": {"gate": "none"},
                "librespot_check_advisories": {"newest": 0},
                "librespot_check_versions": ["0.8.0"],
                "librespot_check_feeds": [{"name": "commits", "url": f"{server.url}/feed"}],
            }
            # What was there at the first look is not new.
            assert check.run() == 0, check.output
            assert hook.titles == []
            server.serve({**rows, "0.9.0": {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}})
            server.put("/feed", atom("fresh", "old"))
            mailbox.refusal = "451 later"
            assert check.run() == 2
            mailbox.refusal = ""
            # The entry is seen when everyone was told of it; the release goes on to be newer.
            assert [check.run() for _run in range(3)] == [1, 1, 1], check.output
            assert hook.titles == ["librespot 0.9.0 passes the policy", "commits: fresh"]
            assert sorted(mailbox.recipients) == ["night@example.org", "ops@example.org"]
            for letter in mailbox.letters:
                assert letter["Subject"] == "librespot: 1 release, 1 feed entry"
                assert "commits: fresh\n  " in letter.get_content().replace("\r\n", "\n")
            assert check.figures()["newer_releases"] == 1
            server.serve({**rows, "0.9.0": {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64, "yanked": True}})
            server.put("/feed", b"gone", status=500)
            assert [check.run() for _run in range(2)] == [2, 2], check.output
            assert hook.titles[2:] == ["could not look at feed commits", "librespot 0.9.0 was yanked"]

    def test_an_entry_that_comes_while_another_is_told(self, check: Check, hook: Hook, feed: Mirror) -> None:
        assert check.run() == 0, check.output
        feed.put("/feed", atom("told", "old"))

        def meanwhile() -> None:
            feed.put("/feed", atom("between", "told", "old"))
            # From then on nobody can be told.
            hook.status = 500

        hook.meanwhile = meanwhile
        check.run()
        hook.meanwhile, hook.status = (lambda: None), 200
        assert check.run() == 1, check.output
        assert check.run() == 0
        assert hook.titles == ["commits: told", "commits: between"]

    def test_an_entry_that_comes_after_the_first_look_is_new(self, check: Check, hook: Hook, feed: Mirror) -> None:
        # Someone cannot be told of something else.
        check.publish(NEW)
        hook.meanwhile, hook.status = (lambda: feed.put("/feed", atom("fresh", "old"))), 500
        assert check.run() == 2
        hook.status = 200
        assert check.run() == 1
        assert [title for title in hook.titles if NEW not in title] == ["commits: fresh"]

    def test_what_cannot_be_remembered_is_told(self, check: Check, hook: Hook, feed: Mirror) -> None:
        assert check.run() == 0, check.output
        feed.put("/feed", atom("fresh", "old"))
        seen = Path(check.variables["librespot_check_cache_dir"]) / "releases-seen"
        kept = seen.with_name("kept")

        def meanwhile() -> None:
            hook.meanwhile = lambda: None
            seen.rename(kept)
            seen.write_text("in the way", encoding="utf-8")

        hook.meanwhile = meanwhile
        assert check.run() == 2, check.output
        assert hook.titles == ["commits: fresh", "could not look at feed commits, to remember it"]
        seen.unlink()
        kept.rename(seen)
        # It is new once more, and was told.
        assert [check.run(), check.run()] == [1, 0], check.output
        assert len(hook.titles) == 2

    def test_what_is_over_and_comes_back(self, check: Check, hook: Hook) -> None:
        check.publish(NEW)
        check.run()
        (check.database / f"crates/tokio/{NEW}.md").unlink()
        assert check.run() == 0
        check.publish(NEW)
        assert check.run() == 1
        assert len(hook.titles) == 2

    def test_a_reminder(self, check: Check, hook: Hook) -> None:
        check.publish(NEW)
        for day in ("2026-08-25", "2026-08-31", "2026-09-01", "2026-09-02"):
            check.run(librespot_check_remind_after=7, librespot_check_today=day)
        assert [item["reminder"] for said in hook.said for item in said["items"]] == [False, True]

    def test_check_mode_tells_nobody(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        check.publish(NEW)
        before = check.record()
        check.run("--check", "-v")
        assert (mailbox.letters, hook.bodies, check.record()) == ([], [], before)
        assert NEW in check.output
        check.run()
        assert len(hook.bodies) == 1


class TestFaults:
    def test_a_check_that_cannot_look_is_told(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        broken = [{"name": "cargo-audit", "database": str(check.directory / "none")}]
        assert [check.run(librespot_check_engines=broken) for _run in range(2)] == [2, 2]
        (said,) = hook.said
        assert [item["kind"] for item in said["items"]] == ["fault"]
        assert len(mailbox.letters) == 2
        figures = check.figures()
        assert figures["complete"] == 0
        assert 0 < figures["last_complete_timestamp_seconds"] < figures["last_run_timestamp_seconds"]
        # It is over, and comes again.
        assert check.run() == 0
        assert check.run(librespot_check_engines=broken) == 2
        assert len(hook.said) == 2

    def test_no_host_says_what_another_one_runs(
        self, check: Check, deployed: Host, without_advisories: Path, tmp_path: Path
    ) -> None:
        """One that was broken into gives a program without advisories, as the release of the other one."""
        release = "/opt/librespot/" + deployed.out("readlink", "/opt/librespot/current").strip()
        with fresh(f"{deployed.name}-liar") as liar:
            liar.out("mkdir", "-p", f"{release}/bin")
            liar.out("ln", "-s", release.removeprefix("/opt/librespot/"), "/opt/librespot/current")
            for name in ("bin/librespot", "manifest.json"):
                subprocess.run(
                    ["docker", "cp", str(without_advisories / name), f"{liar.name}:{release}/{name}"], check=True
                )
            speakers = {host.name: host.connection for host in (deployed, liar)}
            inventory = tmp_path / "speakers.json"
            inventory.write_text(json.dumps({"speakers": {"hosts": speakers}}), encoding="utf-8")
            given = {"librespot_check_hosts": "speakers", "librespot_check_paths": []}
            assert check.run("-i", str(inventory), **given) == 1, check.output
            assert check.run("-i", str(inventory), **{**given, "librespot_check_hosts": liar.name}) == 0, check.output
            # One that gives none is not known, whatever the other one gave for that release.
            liar.out("rm", f"{release}/bin/librespot")
            assert check.run("-i", str(inventory), **given) == 2, check.output
            assert check.record()["looked_at"][f"host {liar.name}"]

    def test_an_instance_with_a_proxy_is_seen(self, check: Check) -> None:
        instances = [{"name": "kitchen", "options": {"proxy": "http://192.0.2.1:3128"}}]
        assert check.run(librespot_check_hosts="localhost", librespot_instances=instances) == 2
        assert sum(check.record()["open"].values()) == 2

    def test_hosts_are_named_in_a_list(self, check: Check, hook: Hook) -> None:
        assert check.run("-i", "kitchen,office,cellar,", librespot_check_hosts=["kitchen", "off*:cellar"]) == 2
        names = {item["title"].rpartition(" ")[2] for item in hook.said[0]["items"]}
        assert names == {"kitchen", "office", "cellar"}

    def test_nothing_to_look_at_is_a_fault(self, check: Check, hook: Hook) -> None:
        assert check.run(librespot_check_paths=[]) == 2
        assert len(hook.said) == 1

    def test_a_run_that_leaves_out_the_controller_is_no_check(self, check: Check, hook: Hook) -> None:
        # The script takes the verdict of an earlier run away; who runs the playbook does not.
        assert check.run("-i", "kitchen,", "--limit", "kitchen", librespot_check_hosts="kitchen") == 2
        assert (check.directory / "verdict").read_text(encoding="utf-8") == "incomplete\n"
        assert "Nothing was checked: localhost" in check.output
        assert check.run("-i", "kitchen,", librespot_check_hosts="kitchen") == 2
        assert "Nothing was checked" not in check.output
        assert [item["title"] for item in hook.said[0]["items"]] == ["could not look at host kitchen"]
        # Of several hosts, one has to know which.
        assert "The check is incomplete: could not look at host kitchen: " in check.output
        assert "has no attribute" not in check.output

    def test_a_mail_that_is_refused_is_sent_again_and_the_webhook_is_not(
        self, check: Check, mailbox: MailServer, hook: Hook
    ) -> None:
        check.publish(NEW)
        mailbox.refusal = "550 no such user"
        assert check.run() == 2
        assert (len(mailbox.letters), len(hook.bodies)) == (0, 1)
        assert "550 no such user" in check.output
        assert check.figures()["undelivered"] == 2
        mailbox.refusal = ""
        assert check.run() == 1
        assert (len(mailbox.letters), len(hook.bodies)) == (2, 1)

    @pytest.mark.parametrize("status", [500, 302])
    def test_a_webhook_that_refuses_is_told_again_and_the_mail_is_not(
        self, check: Check, mailbox: MailServer, hook: Hook, status: int
    ) -> None:
        check.publish(NEW)
        hook.status = status
        assert check.run() == 2
        tries = len(hook.headers)
        assert tries == (3 if status == 500 else 1)
        hook.status = 200
        assert check.run() == 1
        assert (len(mailbox.letters), len(hook.bodies)) == (2, 1)

    def test_what_was_told_is_damaged(self, check: Check, hook: Hook) -> None:
        check.publish(NEW)
        check.run()
        (check.directory / "told.json").write_text('{"format": 1, "told"', encoding="utf-8")
        assert check.run() == 1
        assert len(hook.bodies) == 2
        assert "all is told again" in check.output


class TestSafety:
    def test_only_a_trusted_server_gets_the_password(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        check.publish(NEW)
        mail = check.variables["librespot_check_mail"]
        assert check.run(librespot_check_mail={**mail, "ca_file": None}) == 2
        assert "encryption was not accepted" in check.output
        assert mailbox.letters == []
        with mail_server(None) as plain:
            assert check.run(librespot_check_mail={**mail, "port": plain.port}) == 2
            assert plain.letters == []
        webhooks = [{**check.variables["librespot_check_webhooks"][0], "ca_file": None, "format": "slack"}]
        other = f"https://127.0.0.1:{hook.port}/another/s3cret-path"
        assert check.run(librespot_check_webhooks=[{**webhooks[0], "url": other}]) == 2
        assert "s3cret-path" not in check.output.replace(json.dumps(other), "")

    def test_no_secret_is_shown(self, check: Check) -> None:
        check.publish(NEW)
        check.run("-vvvv", "--diff")
        text = check.output + "".join(
            path.read_text(encoding="utf-8") for path in check.directory.rglob("*") if path.is_file()
        )
        for word in (PASSWORD, SECRET.decode(), "of-news"):
            assert word not in text

    def test_a_hostile_title_is_text(self, check: Check, mailbox: MailServer, hook: Hook) -> None:
        title = (
            "x\\r\\nBcc: all@example.org \x1b]0;owned\x07\x1b[2J <script>alert(1)</script> <!channel> \u202e "
            "{{ 1111 * 3 }}" + "A" * 9000
        )
        check.publish(NEW, title.replace("\\r\\n", "\r"))
        slack = [{**check.variables["librespot_check_webhooks"][0], "format": "slack"}]
        assert check.run(librespot_check_webhooks=slack) == 1, check.output
        for letter in mailbox.letters:
            assert letter["Bcc"] is None
            assert letter.get_content_type() == "text/plain"
            body = letter.get_content().replace("\r\n", "\n")
            assert all(character.isprintable() or character == "\n" for character in body)
            assert len(body) < 3000
            assert "3333" not in body
        (said,) = hook.said
        assert "<" not in said["text"]
        assert "\x1b" not in check.output


class TestDirectory:
    """Where it keeps what was told, whoever runs it: the command or the playbook alone."""

    def test_a_name_that_a_shell_would_take_apart(
        self, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        check.directory = tmp_path / 'a b; "c" $(touch here) {{ 1 }}'
        assert check.run() == 0, check.output
        assert (check.directory / "told.json").is_file()
        # Nothing of it became a command.
        assert not list(tmp_path.rglob("here"))

    def test_the_playbook_writes_from_the_working_directory(self, check: Check, tmp_path: Path) -> None:
        done = self.play(check, tmp_path, "deeper/check/")
        assert done.returncode == 0, done.stdout
        assert (tmp_path / "deeper/check/verdict").read_text(encoding="utf-8") == "clean\n"
        assert (tmp_path / "deeper/check/told.json").is_file()

    def test_the_playbook_refuses_a_link(self, check: Check, tmp_path: Path) -> None:
        (tmp_path / "target").mkdir(mode=0o755)
        (tmp_path / "link").symlink_to("target")
        done = self.play(check, tmp_path, "link/")
        assert done.returncode != 0
        assert f"librespot_check_directory: {tmp_path}/link is a link to" in done.stdout
        assert list((tmp_path / "target").iterdir()) == []
        assert (tmp_path / "target").stat().st_mode & 0o777 == 0o755

    def play(self, check: Check, where: Path, directory: str) -> subprocess.CompletedProcess[str]:
        variables = {**check.variables, "librespot_check_directory": directory}
        argv = ["ansible-playbook", "-i", "localhost,", "hardened.librespot.check", "-e", json.dumps(variables)]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
        return subprocess.run(argv, env=environment, cwd=where, capture_output=True, text=True, check=False)


def test_what_is_wrong_is_named_and_nothing_is_told(check: Check, hook: Hook) -> None:
    check.publish(NEW)
    mail = {**check.variables["librespot_check_mail"], "to": ["a@example.org\nBcc: b@example.org"]}
    assert check.run(librespot_check_mail=mail) == 2
    assert "mail.to[0]" in check.output
    assert hook.bodies == []
