"""Every override that somebody decided, with where it moved the account from: what a back-test looks back on."""

from datetime import datetime

import pandas as pd

from models.grades import grade_numbers
from overrides.valid_rows import valid_in

COLUMNS = ("entry_id", "account_id", "action", "grade", "reason", "by", "made_at", "policy_grade")


def decisions_until(now: datetime) -> pd.DataFrame:
    """The overrides recorded by an instant, in the order of the ledger, those held out among them; revocations are none.

    Grain: entry. Columns: entry_id, account_id, action (add, supersede, hold_out), grade, reason, by (text), made_at (UTC),
    policy_grade (text; what the policy gave the account in the scores that the author saw, null where the plan excluded it),
    held_out and upgrade (bool; better than policy_grade, no grade being below F, as the draw of the holdout counts it).
    """
    from django.db.models import OuterRef, Subquery

    from overrides.models import HOLD_OUT, REVOKE, OverrideEntry, Publication, Score
    from overrides.store import reading

    run = Publication.objects.filter(run_id=OuterRef("seen_run_id"))
    seen = Score.objects.filter(valid_in(OuterRef("seen_base"), OuterRef("seen_step")), account_id=OuterRef("account_id"))
    entries = OverrideEntry.objects.filter(made_at__lte=now).exclude(action=REVOKE).order_by("entry_id")
    entries = entries.annotate(seen_base=Subquery(run.values("base_id")), seen_step=Subquery(run.values("step")))
    with reading():
        rows = list(entries.annotate(policy_grade=Subquery(seen.values("policy_grade")[:1])).values_list(*COLUMNS))
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    frame["made_at"] = pd.to_datetime(frame["made_at"], utc=True).astype("datetime64[us, UTC]")
    text = [name for name in COLUMNS if name != "made_at"]
    frame[text] = frame[text].astype("str")
    steps = grade_numbers(frame["grade"]) - pd.Series(grade_numbers(frame["policy_grade"])).fillna(-1)
    return frame.assign(held_out=frame["action"] == HOLD_OUT, upgrade=steps > 0)
