"""Invented histories of publications and decisions, and all that can be read of one: to compare two ways of storing it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from lastword.errors import Refusal
from overrides import ledger
from overrides.accounts import standings
from overrides.filters import Filters
from overrides.final import current_scores, final_as_of, final_table, queue_table, typed
from overrides.final_pages import cross_table, final_batches, final_page
from overrides.hierarchy import hierarchy_table
from overrides.past_decisions import decisions_until
from overrides.publications import graded
from overrides.publish import RunRecord, previous_grades, publish
from overrides.publish_changes import publish_changes
from overrides.queue_age import waiting_since
from overrides.worklist import View, queue_accounts, queue_count, queue_page
from tests.stores import AS_OF, scores_of, settings_of

IDS = [f"{number:02}" for number in range(14)]
DAY = timedelta(days=1)
GRADES = np.array(["A", "B", "C", "D", "F"])
QUEUE = settings_of()
QUEUE.disparity = type("Disparity", (), {"measure": "rank", "threshold": 40, "customers": False})


def changes(project, on, changed, gone=(), run_id="r2", now=None, kind="partial", **given):
    folder = project.runs_folder / run_id
    folder.mkdir(parents=True, exist_ok=True)
    run = RunRecord(run_id, kind, AS_OF, "2026", "model", "propensity", "3")
    changed = changed.assign(run_id=run_id) if isinstance(changed, pd.DataFrame) else changed
    return publish_changes(project, on, changed, gone, run, folder, now or datetime.now(UTC), **given)


def scored(random, account_ids, now, run_id):
    count = len(account_ids)
    return scores_of(
        account_ids,
        scored_at=now,
        run_id=run_id,
        policy_grade=random.choice(GRADES, count),
        model_grade=random.choice(GRADES, count),
        disparity_rank=random.choice([-50.0, 10.0, 62.5], count),
        review_gain=random.choice([np.nan, 0.5, 2.5], count),
        high_value=random.choice([True, False, None], count),
        open_reason=random.choice(["disparity", "audit", None], count),
        override_review=random.choice(["stale", None], count),
        region=random.choice(["EMEA", "APAC", None], count),
        queued_since=pd.Timestamp(now - DAY),
    )


def some(random, account_ids, share):
    return [account for account in account_ids if random.random() < share]


def invented(seed, until):
    """Publications a day apart with decisions between them, the last one at `until`: with all rows and those changed."""
    random = np.random.default_rng(seed)
    kinds = ["full", "partial", "partial", "partial", "full", "partial", "partial"]
    rows, steps = pd.DataFrame(), []
    for place, kind in enumerate(kinds):
        now, run_id = until - (len(kinds) - 1 - place) * DAY, f"r{place}"
        if kind == "full":
            changed, gone = scored(random, some(random, IDS, 0.7), now, run_id), []
            rows = changed
        else:
            gone = some(random, rows["account_id"], 0.1)
            stay = rows[~rows["account_id"].isin(gone)]
            absent = [account for account in IDS if account not in set(rows["account_id"])]
            changed = scored(random, some(random, stay["account_id"], 0.3) + some(random, absent, 0.3), now, run_id)
            rows = pd.concat([stay[~stay["account_id"].isin(changed["account_id"])], changed], ignore_index=True)
        steps.append((now, run_id, kind, rows, changed, gone))
        for hours in range(1, 7):
            account, action = random.choice(rows["account_id"]), random.choice(["add", "add", "aside", "hold out", "revoke"])
            days = int(random.integers(0, 5))
            steps.append((now + hours * timedelta(hours=1), str(account), str(action), str(random.choice(GRADES)), days))
    return [step for step in steps if step[0] <= until]


def decide(now, account, action, grade, days):
    from overrides.models import SettingAside

    if action in ("add", "hold out"):
        settings = settings_of(holdout=1.0 if action == "hold out" else 0.0)
        ledger.add(account, grade, "other", "", "ann", (now + days * DAY).date(), now, settings)
    elif action == "aside":
        SettingAside.objects.create(account_id=account, action="snooze", until=(now + days * DAY).date(), by="bob", made_at=now)
    elif account in ledger.in_force(now).index:
        ledger.revoke(account, "", "bob", now)


def played(project, steps, in_steps):
    """Publish and decide; what could be read after each publication."""
    seen, on = [], None
    for step in steps:
        if len(step) == 5:
            decide(*step)
            continue
        now, run_id, kind, rows, changed, gone = step
        if in_steps and kind == "partial":
            done = changes(project, on, changed, gone, run_id, now)
        else:
            folder = project.runs_folder / run_id
            folder.mkdir(parents=True)
            done = publish(project, rows, RunRecord(run_id, kind, AS_OF, "2026", "model", "propensity", "3"), folder, now)
        on = run_id
        seen += [(run_id, done.accounts, done.in_force), *readable(now)]
        file = typed(pd.read_parquet(done.path))
        pd.testing.assert_frame_equal(file, final_table())
    return seen


def pages(now, order):
    rows, after = [], None
    while True:
        page = queue_page(View(order=order), now, QUEUE, after, 3)
        rows, after = rows + page.rows, page.after
        if after is None:
            return rows


def readable(now):
    """Everything that is read of the current publication."""
    return (
        final_table(),
        current_scores(),
        queue_table(),
        previous_grades("policy_grade").sort_index(),
        *(pages(now, order) for order in ("value_of_information", "disparity")),
        queue_accounts(View(threshold=30.0), now, QUEUE, 99),
        queue_count(View(measure="rank"), now, QUEUE),
        waiting_since(now).sort_index(),
        sorted(hierarchy_table().astype(str).values.tolist()),
        cross_table(Filters(), "region"),
        final_page(Filters(), limit=5).rows,
        list(final_batches(Filters(), size=4)),
        {account: (each.scores, [entry.entry_id for entry in each.entries]) for account, each in standings(IDS).items()},
    )


def table_at(instant):
    try:
        return final_as_of(instant)
    except Refusal as refusal:
        return str(refusal)


def history(steps, runs):
    """Everything that is read of the past: at every third step and a minute before it, of some publications."""
    last = steps[-1][0]
    instants = [step[0] - before for step in steps[::3] for before in (timedelta(minutes=1), timedelta(0))]
    return [table_at(instant) for instant in instants], [graded(run_id) for run_id in runs], decisions_until(last)


def same(one, other):
    """Whether two readings say the same; frames and rows among them."""
    if isinstance(one, pd.DataFrame | pd.Series):
        return one.equals(other)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(same(*both) for both in zip(one, other, strict=True))
    return one == other
