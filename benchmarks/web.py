"""Twenty reviewers at once on the review application: how long they wait, and whether every decision is there exactly once.

    python -m benchmarks.web [--accounts 14000 1000000] [--reviewers 20] [--decisions 30]

For each size a store is filled with the scores of a small demo, repeated under new ids: up to 100,000 accounts in SQLite, more
in a PostgreSQL started for it. A server as `lastword web` runs it is then asked by as many clients as there are reviewers: each
opens a page of the queue, opens an account, claims it, thinks (two seconds on average), decides, and goes on; every tenth
decision a new page. All work on the same queue, so that some meet on an account. Everything stays on this computer, the
reviewers too: what they cost is part of what is measured.
"""

import argparse
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import requests

from lastword.project import Project, find_project
from lastword.run_rows import ROWS_PER_GROUP

PASSWORD = "correct horse battery staple"
THOUGHT_SECONDS = 2.0
START_SECONDS = 10.0
"""Within which the reviewers begin: nobody opens the page in the same instant as nineteen others."""
LARGEST_SQLITE = 100_000
REASON = "relationship"
SETTLED = re.compile(r'data-state="(\w+)"')
SHOWN_ROW = re.compile(r'<tr data-account="([^"]*)"[^>]*? data-entry="([^"]*)" data-run="([^"]*)"')


@dataclass
class Log:
    """What one reviewer met: seconds of each kind of request, and the answers to decisions."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    waiting: int = 0
    conflicts: int = 0
    failures: list[str] = field(default_factory=list)


class Reviewer:
    """A client with a session of its own."""

    def __init__(self, address: str, name: str, seed: int) -> None:
        self.address, self.log, self.random = address, Log(), random.Random(seed)
        self.session = requests.Session()
        self.session.get(f"{address}/sign-in")
        answer = self._send("sign in", "/sign-in", username=name, password=PASSWORD, next="/queue")
        if answer.status_code != 302:
            raise RuntimeError(f"{name} could not sign in: {answer.status_code}")

    def work(self, decisions: int) -> None:
        """Decide `decisions` times; a row that somebody else decided on meanwhile counts as met, not as decided."""
        time.sleep(self.random.uniform(0, START_SECONDS))
        for number in range(decisions):
            if number % 10 == 0:
                rows = self._rows()
                self.random.shuffle(rows)
            if rows:
                self._decide(*rows.pop())

    def _rows(self) -> list[tuple[str, str, str]]:
        answer = self._timed("queue page", lambda: self.session.get(f"{self.address}/queue"))
        return [(unescape(account), entry, run) for account, entry, run in SHOWN_ROW.findall(answer.text)]

    def _decide(self, account: str, entry: str, run: str) -> None:
        htmx = {"HX-Request": "true"}
        self._timed("open a row", lambda: self.session.get(f"{self.address}/queue/row", params={"id": account}, headers=htmx))
        self._send("claim", "/claim", account_id=account)
        time.sleep(self.random.expovariate(1 / THOUGHT_SECONDS))
        answer = self._send(
            "decision",
            "/decide",
            account_id=account,
            choice="grade",
            grade=self.random.choice("ABCDF"),
            reason=REASON,
            expected_entry_id=entry,
            expected_run_id=run,
            part="row",
        )
        state = SETTLED.search(answer.text)
        if answer.status_code == 200 and state is not None and state[1] == "decided":
            self.log.decided.append(account)
        elif answer.status_code == 200 and state is not None and state[1] == "waiting":
            self.log.waiting += 1
        elif answer.status_code == 409:
            self.log.conflicts += 1
        else:
            self.log.failures.append(f"{answer.status_code}: {answer.text[:200]}")

    def _send(self, kind: str, path: str, **fields: str) -> requests.Response:
        headers = {"HX-Request": "true", "X-CSRFToken": self.session.cookies.get("csrftoken", "")}
        headers = headers if kind != "sign in" else {"X-CSRFToken": headers["X-CSRFToken"]}
        return self._timed(
            kind, lambda: self.session.post(f"{self.address}{path}", data=fields, headers=headers, allow_redirects=False)
        )

    def _timed(self, kind: str, request: Any) -> requests.Response:
        began = time.perf_counter()
        answer: requests.Response = request()
        self.log.seconds.append((kind, time.perf_counter() - began))
        return answer


def filled(folder: Path, accounts: int) -> None:
    """Publish the demo's scores repeated under new ids until there are so many; reasons and features for those under review.

    In a process of its own, as the server opens the store itself.
    """
    from lastword.web.site import configure
    from overrides.final import current_scores
    from overrides.publish import RunRecord, current_run, publish

    project = find_project(folder)
    configure(project)
    scores, run = current_scores(), current_run()
    assert run is not None
    now = datetime.now(UTC)
    run_id = f"{run.run_id}-{accounts}"
    copies = -(-accounts // len(scores))
    repeated = pd.concat([scores.assign(account_id=f"{number:05d}-" + scores["account_id"]) for number in range(copies)])
    repeated = repeated.head(accounts).assign(run_id=run_id, scored_at=pd.Timestamp(now))
    target = project.run_folder(run_id)
    target.mkdir()
    _repeat_evidence(project, run.run_id, target, repeated)
    publish(project, repeated, RunRecord(**{**run.__dict__, "run_id": run_id, "published_at": None}), target, now)


def _repeat_evidence(project: Project, run_id: str, target: Path, scores: pd.DataFrame) -> None:
    source = project.run_folder(run_id)
    (target / "indicators.parquet").write_bytes((source / "indicators.parquet").read_bytes())
    reviewed = scores.loc[scores["open_reason"].notna(), "account_id"]
    original = pd.DataFrame({"account_id": reviewed.str[6:], "copy": reviewed})
    for name in ("reasons.parquet", "features.parquet"):
        table = original.merge(pd.read_parquet(source / name), on="account_id")
        repeated = table.drop(columns="account_id").rename(columns={"copy": "account_id"})
        ordered = repeated.sort_values("account_id", kind="stable")
        ordered.to_parquet(target / name, row_group_size=ROWS_PER_GROUP, index=False)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a server of this project, as `lastword web` runs it, and its process."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "lastword.cli", "web", "--port", str(port), "--project", str(folder)])
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(90)  # it lets connections end that are open


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            requests.get(f"{address}/sign-in", timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError("the server doesn't answer")


def processor_seconds(server: int) -> float:
    """What a server and its processes have used so far."""
    first = psutil.Process(server)
    return sum(sum(each.cpu_times()[:2]) for each in (first, *first.children(recursive=True)))


def signed_in(address: str, reviewers: int) -> list[Reviewer]:
    """Reviewers with a session each, and nothing on their logs yet."""
    people = [Reviewer(address, f"reviewer{number}", number) for number in range(reviewers)]
    for person in people:
        person.log.seconds.clear()
    return people


def reviewed(people: Sequence[Reviewer], decisions: int) -> list[Log]:
    """Let them all work at once; one log each."""
    threads = [threading.Thread(target=person.work, args=(decisions,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [person.log for person in people]


def report(title: str, logs: Sequence[Log], entries: Counter[str], used: float) -> None:
    """A line per kind of request, then whether what was answered is what the ledger holds, and what the server used."""
    print(f"\n{title}\n{'':<14}{'requests':>9}{'median ms':>11}{'p95 ms':>9}{'max ms':>9}")
    for kind in ("queue page", "open a row", "claim", "decision"):
        taken = sorted(1000 * seconds for log in logs for name, seconds in log.seconds if name == kind)
        if taken:
            p95 = taken[min(len(taken) - 1, int(0.95 * len(taken)))]
            print(f"{kind:<14}{len(taken):>9}{statistics.median(taken):>11.0f}{p95:>9.0f}{taken[-1]:>9.0f}")
    decided = Counter(account for log in logs for account in log.decided)
    failures = [failure for log in logs for failure in log.failures]
    print(
        f"{decided.total()} decisions answered as taken, {entries.total()} in the ledger: {(decided - entries).total()} lost, "
        f"{(entries - decided).total()} doubled; {sum(log.waiting for log in logs)} wait for a second person; "
        f"{sum(log.conflicts for log in logs)} met somebody else's decision; {len(failures)} failed"
    )
    requests_made = sum(len(log.seconds) for log in logs)
    print(f"{1000 * used / requests_made:.0f} ms of processor time of the server a request, {used:.0f} s in all")
    if failures:
        print(failures[0], file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[14_000, 1_000_000])
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--decisions", type=int, default=30)
    given = parser.parse_args(arguments)
    for accounts in given.accounts:
        with ExitStack() as stack:
            measure(stack, accounts, given.reviewers, given.decisions)


def measure(stack: ExitStack, accounts: int, reviewers: int, decisions: int) -> None:
    """One size: a demo, its store filled, people, a server, their work, the report."""
    from tests.stores import running_postgres

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "demo"
    in_own_process(
        "from lastword.demo import generate; from datetime import date; generate(folder, 700, 7, date(2026, 6, 1))", folder
    )
    if accounts > LARGEST_SQLITE:
        server = stack.enter_context(running_postgres())
        settings = folder / "lastword.toml"
        settings.write_text(settings.read_text() + f'\n[store]\nurl = "{server.url(server.new_database())}"\n')
    subprocess.run([sys.executable, "-m", "lastword.cli", "run", "--project", str(folder)], check=True, stdout=subprocess.DEVNULL)
    in_own_process(f"from benchmarks.web import filled; filled(folder, {accounts})", folder)
    in_own_process(f"from benchmarks.web import add_reviewers; add_reviewers(folder, {reviewers})", folder)
    address, server = stack.enter_context(serving(folder))
    people = signed_in(address, reviewers)
    used = processor_seconds(server)
    logs = reviewed(people, decisions)
    used = processor_seconds(server) - used
    entries = Counter(json.loads(in_own_process("from benchmarks.web import print_decided; print_decided(folder)", folder)))
    where = "PostgreSQL" if accounts > LARGEST_SQLITE else "SQLite"
    report(f"{accounts:,} accounts in {where}, {reviewers} reviewers at once", logs, entries, used)


def print_decided(folder: Path) -> None:
    """How many entries the ledger holds of each account, as JSON."""
    from lastword.web.site import configure

    configure(find_project(folder))
    from overrides.models import OverrideEntry

    print(json.dumps(Counter(OverrideEntry.objects.values_list("account_id", flat=True))))


def add_reviewers(folder: Path, count: int) -> None:
    """People to sign in as."""
    from lastword.web.people import add_person

    for number in range(count):
        add_person(find_project(folder), f"reviewer{number}", "reviewer", PASSWORD)


def in_own_process(statements: str, folder: Path) -> str:
    """What statements on `folder` print in a process of their own: this one only asks and measures."""
    script = f"import sys; from pathlib import Path; folder = Path(sys.argv[1]); {statements}"
    command, here = [sys.executable, "-c", script, str(folder)], Path(__file__).parents[1]
    return subprocess.run(command, check=True, cwd=here, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
