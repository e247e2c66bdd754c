"""Tables of the store. Users of the ledger go through ledger.py, users of the final table through final.py.

Those of planning are in planning_models.py, and named here for Django to find them.

Text is unbounded on purpose: what a customer's files hold is kept as it is. People are named by text (`by`), so that the
tables need no user accounts.
"""

from typing import ClassVar

from django.db import models

from lastword.contracts import GRADES
from overrides.constraints import equals_one_of, one_of
from overrides.planning_models import PlanAdoption as PlanAdoption
from overrides.planning_models import PlanVersion as PlanVersion
from overrides.planning_models import SalesforcePush as SalesforcePush
from overrides.planning_models import Scenario as Scenario
from overrides.planning_models import ScenarioRevision as ScenarioRevision
from overrides.planning_models import SpendEntry as SpendEntry

ADD, SUPERSEDE, REVOKE, HOLD_OUT = "add", "supersede", "revoke", "hold_out"
IN_FORCE_ACTIONS = (ADD, SUPERSEDE)
ACTIONS = (ADD, SUPERSEDE, REVOKE, HOLD_OUT)
KINDS = ("accept_plan", "accept_model", "other")
WAITING, APPROVED, DECLINED, WITHDRAWN = "waiting", "approved", "declined", "withdrawn"
CHOICES = ("accept_model", "accept_plan", "grade")
SNOOZE, DISMISS, RETURN = "snooze", "dismiss", "return"


class Publication(models.Model):
    """One row per published run. `reference` holds what was frozen with it (the plan's percentiles), `counts` what it did.

    pruned_at: since when its scores are gone (see pruning.py); null while they are there. `base` is the publication whose rows it
    stands on, itself where it was stored whole, and `step` its number there, 0 for the base (see valid_rows.py).
    """

    run_id = models.TextField(primary_key=True)
    published_at = models.DateTimeField()
    kind = models.TextField()
    as_of = models.DateField()
    model_name = models.TextField(null=True)
    model_version = models.TextField(null=True)
    plan_version = models.TextField()
    policy = models.TextField()
    counts = models.JSONField(default=dict)
    reference = models.JSONField(default=dict)
    pruned_at = models.DateTimeField(null=True)
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    step = models.IntegerField(db_default=0)

    class Meta:
        db_table = "lastword_publication"
        constraints: ClassVar = [one_of("kind", ("full", "partial"), "lastword_publication_kind")]


class Current(models.Model):
    """One row: the publication that is current. Authoritative; runs/latest.json is repaired from it."""

    only_row = models.BooleanField(primary_key=True, default=True)
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "lastword_current"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(only_row=True), name="lastword_current_only_row")]


class Score(models.Model):
    """One row per account and stretch of publications that share it: contracts.SCORE_COLUMNS, before anybody's override.

    `publication` is the base of these publications, `from_step` the first of them and `until_step` the one that replaced the row
    (null: none yet); see valid_rows.py. `run_id` and the other evidence columns name the run that computed the row.
    """

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )  # a constraint would look the publication up a million times, and its row is in the same transaction
    from_step = models.IntegerField(db_default=0)
    until_step = models.IntegerField(null=True)
    account_id = models.TextField()
    name = models.TextField()
    region = models.TextField(null=True)
    sub_region = models.TextField(null=True)
    country = models.TextField(null=True)
    industry = models.TextField(null=True)
    sub_industry = models.TextField(null=True)
    plan_points = models.FloatField(null=True)
    plan_segment = models.TextField(null=True)
    plan_grade = models.TextField(null=True)
    propensity = models.FloatField(null=True)
    model_points = models.FloatField(null=True)
    model_grade = models.TextField(null=True)
    account_status = models.TextField()
    coverage = models.BooleanField()
    grade_confidence = models.FloatField(null=True)
    disparity = models.FloatField(null=True)
    disparity_rank = models.FloatField(null=True)
    disparity_points = models.FloatField(null=True)
    disparity_grade = models.FloatField(null=True)
    review_value = models.FloatField(null=True)
    log_odds = models.FloatField(null=True)
    log_odds_sd = models.FloatField(null=True)
    cut_log_odds = models.FloatField(null=True)
    cut_propensity = models.FloatField(null=True)
    review_gain = models.FloatField(null=True)
    open_reason = models.TextField(null=True)
    override_review = models.TextField(null=True)
    trigger_said = models.TextField(null=True)
    why = models.TextField(null=True)
    why_family = models.TextField(null=True)
    queued_since = models.DateTimeField(null=True)
    policy_grade = models.TextField(null=True)
    policy_decided_by = models.TextField()
    key_account = models.BooleanField()
    potential_spend = models.FloatField(null=True)
    expected_value = models.FloatField(null=True)
    high_value = models.BooleanField(null=True)
    run_id = models.TextField()
    model_version = models.TextField(null=True)
    plan_version = models.TextField()
    as_of = models.DateField()
    scored_at = models.DateTimeField()

    def valid_in(self, run: Publication) -> bool:
        """Whether it is the account's row in a publication."""
        replaced = self.until_step is not None and self.until_step <= run.step
        return self.publication_id == run.base_id and self.from_step <= run.step and not replaced

    class Meta:
        db_table = "lastword_score"
        constraints: ClassVar = [
            models.UniqueConstraint("publication", "account_id", "from_step", name="lastword_score_one_per_step"),
            equals_one_of("policy_grade", GRADES, "lastword_score_policy_grade"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["publication", "until_step"],
                name="lastword_score_replaced",
                condition=models.Q(until_step__isnull=False),
            ),
        ]


class Batch(models.Model):
    """One row per decision on many accounts at once: the choice, one reason for all, and what it was made on, in words.

    `counts` says what became of the accounts (decided, held_out, waiting, unchanged, refused, conflicts). A batch that was
    taken back has undone_by and undone_at; its entries stay.
    """

    batch_id = models.BigAutoField(primary_key=True)
    by = models.TextField()
    made_at = models.DateTimeField()
    choice = models.TextField()
    grade = models.TextField(null=True)
    reason = models.TextField()
    note = models.TextField(default="")
    said = models.TextField(default="")
    counts = models.JSONField(default=dict)
    undone_by = models.TextField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lastword_batch"
        constraints: ClassVar = [
            one_of("choice", CHOICES, "lastword_batch_choice"),
            one_of("grade", GRADES, "lastword_batch_grade"),
        ]


class OverrideEntry(models.Model):
    """One row per decision, in the order in which they were taken. Append-only: triggers refuse UPDATE and DELETE.

    grade, reason and expires_on are null for a revocation. `previous` is the entry before it on the same account.
    seen_… is what the store said about the account when the decision was taken. approved_by is the second person where the
    move asked for one, `batch` the decision on many accounts that it was part of; null otherwise.
    """

    entry_id = models.BigAutoField(primary_key=True)
    account_id = models.TextField()
    action = models.TextField()
    grade = models.TextField(null=True)
    kind = models.TextField(null=True)
    reason = models.TextField(null=True)
    note = models.TextField(default="")
    by = models.TextField()
    made_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    seen_run_id = models.TextField(null=True)
    seen_plan_points = models.FloatField(null=True)
    seen_model_points = models.FloatField(null=True)
    seen_plan_grade = models.TextField(null=True)
    seen_model_grade = models.TextField(null=True)
    approved_by = models.TextField(null=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+")

    class Meta:
        db_table = "lastword_override_entry"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "entry_id"], name="lastword_entry_by_account"),
            models.Index(fields=["made_at", "entry_id"], name="lastword_entry_by_time"),
            models.Index(fields=["by", "made_at", "entry_id"], name="lastword_entry_by_person"),
            models.Index(fields=["expires_on", "entry_id"], name="lastword_entry_by_expiry"),
            models.Index(fields=["batch"], name="lastword_entry_by_batch", condition=models.Q(batch__isnull=False)),
        ]
        constraints: ClassVar = [
            one_of("action", ACTIONS, "lastword_entry_action"),
            one_of("grade", GRADES, "lastword_entry_grade"),
            one_of("kind", KINDS, "lastword_entry_kind"),
            models.CheckConstraint(
                condition=models.Q(action=REVOKE)
                | models.Q(grade__isnull=False, reason__isnull=False, kind__isnull=False, expires_on__isnull=False),
                name="lastword_entry_whole",
            ),
        ]


class SettingAside(models.Model):
    """One row per snooze (until a date) or dismissal (until the evidence moves) of an account from the review queue.

    The latest row of an account counts; `return` ends what was set aside before.
    """

    account_id = models.TextField()
    action = models.TextField()
    until = models.DateField(null=True)
    by = models.TextField()
    made_at = models.DateTimeField()
    seen_run_id = models.TextField(null=True)
    seen_plan_points = models.FloatField(null=True)
    seen_model_points = models.FloatField(null=True)

    class Meta:
        db_table = "lastword_setting_aside"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "id"], name="lastword_aside_by_account"),
            models.Index(fields=["made_at", "id"], name="lastword_aside_by_time"),
        ]
        constraints: ClassVar = [one_of("action", (SNOOZE, DISMISS, RETURN), "lastword_aside_action")]


class Proposal(models.Model):
    """One row per move that asks for a second person. One at most waits on an account, whose grade stays until then.

    `steps` is the distance from `policy_grade`, the policy's when it was made (null: none). expected_entry is what was in force
    then, `entry` the ledger's entry that it became; settled_… say who approved, declined or withdrew it, when and why.
    """

    proposal_id = models.BigAutoField(primary_key=True)
    account_id = models.TextField()
    grade = models.TextField()
    kind = models.TextField()
    reason = models.TextField()
    note = models.TextField(default="")
    by = models.TextField()
    made_at = models.DateTimeField()
    expires_on = models.DateField()
    steps = models.IntegerField()
    policy_grade = models.TextField(null=True)
    expected_entry = models.ForeignKey(OverrideEntry, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    seen_run_id = models.TextField(null=True)
    seen_plan_points = models.FloatField(null=True)
    seen_model_points = models.FloatField(null=True)
    seen_plan_grade = models.TextField(null=True)
    seen_model_grade = models.TextField(null=True)
    state = models.TextField(default=WAITING)
    settled_by = models.TextField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_note = models.TextField(default="")
    entry = models.ForeignKey(OverrideEntry, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")

    class Meta:
        db_table = "lastword_proposal"
        indexes: ClassVar = [models.Index(fields=["state", "proposal_id"], name="lastword_proposal_by_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id"], condition=models.Q(state=WAITING), name="lastword_proposal_one_waits"),
            one_of("state", (WAITING, APPROVED, DECLINED, WITHDRAWN), "lastword_proposal_state"),
            one_of("grade", GRADES, "lastword_proposal_grade"),
            one_of("kind", KINDS, "lastword_proposal_kind"),
        ]


class Claim(models.Model):
    """One row per account that somebody opened: by whom, since when, and until when that counts. It forbids nothing."""

    account_id = models.TextField()
    by = models.TextField()
    claimed_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "lastword_claim"
        constraints: ClassVar = [models.UniqueConstraint(fields=["account_id"], name="lastword_claim_one_per_account")]


class Ownership(models.Model):
    """One row per account that somebody is to look after; no row: nobody."""

    account_id = models.TextField()
    owner = models.TextField()
    assigned_by = models.TextField()
    assigned_at = models.DateTimeField()

    class Meta:
        db_table = "lastword_ownership"
        indexes: ClassVar = [models.Index(fields=["owner", "account_id"], name="lastword_ownership_by_owner")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["account_id"], name="lastword_ownership_one")]


class Event(models.Model):
    """One row per thing that happened and isn't in a table of its own: sign-ins, imports, changes of the plan … Append-only.

    `subject` is what it happened to (an account_id, run_id, user, file …), `said` one sentence, `details` the figures.
    """

    event_id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField()
    kind = models.TextField()
    by = models.TextField()
    subject = models.TextField(default="")
    said = models.TextField()
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "lastword_event"
        indexes: ClassVar = [
            models.Index(fields=["made_at", "event_id"], name="lastword_event_by_time"),
            models.Index(fields=["subject", "made_at", "event_id"], name="lastword_event_by_subject"),
            models.Index(fields=["by", "made_at", "event_id"], name="lastword_event_by_person"),
        ]
