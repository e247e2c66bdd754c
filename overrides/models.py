"""Tables of the store. Users of the ledger go through ledger.py, users of the final table through final.py.

Text is unbounded on purpose: what a customer's files hold is kept as it is. People are named by text (`by`), so that the
tables need no user accounts.
"""

from typing import ClassVar

from django.db import models

from lastword.contracts import GRADES

ADD, SUPERSEDE, REVOKE, HOLD_OUT = "add", "supersede", "revoke", "hold_out"
IN_FORCE_ACTIONS = (ADD, SUPERSEDE)
ACTIONS = (ADD, SUPERSEDE, REVOKE, HOLD_OUT)
KINDS = ("accept_plan", "accept_model", "other")


def _one_of(field: str, values: tuple[str, ...], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}) | models.Q(**{field: None}), name=name)


class Publication(models.Model):
    """One row per published run. `reference` holds what was frozen with it (the plan's percentiles), `counts` what it did."""

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

    class Meta:
        db_table = "lastword_publication"
        constraints: ClassVar = [_one_of("kind", ("full", "partial"), "lastword_publication_kind")]


class Current(models.Model):
    """One row: the publication that is current. Authoritative; runs/latest.json is repaired from it."""

    only_row = models.BooleanField(primary_key=True, default=True)
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "lastword_current"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(only_row=True), name="lastword_current_only_row")]


class Score(models.Model):
    """One row per publication and account: contracts.SCORE_COLUMNS, before anybody's override.

    `run_id` and the other evidence columns name the run that computed the row; a partial rescore carries rows over, so
    they may be older than the publication.
    """

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, db_index=False, related_name="+")
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
    review_value = models.FloatField(null=True)
    log_odds = models.FloatField(null=True)
    log_odds_sd = models.FloatField(null=True)
    cut_log_odds = models.FloatField(null=True)
    cut_propensity = models.FloatField(null=True)
    review_gain = models.FloatField(null=True)
    open_reason = models.TextField(null=True)
    override_review = models.TextField(null=True)
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

    class Meta:
        db_table = "lastword_score"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["publication", "account_id"], name="lastword_score_one_per_account"),
            _one_of("policy_grade", GRADES, "lastword_score_policy_grade"),
        ]


class OverrideEntry(models.Model):
    """One row per decision, in the order in which they were taken. Append-only: triggers refuse UPDATE and DELETE.

    grade, reason and expires_on are null for a revocation. `previous` is the entry before it on the same account.
    seen_… is what the store said about the account when the decision was taken.
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

    class Meta:
        db_table = "lastword_override_entry"
        indexes: ClassVar = [models.Index(fields=["account_id", "entry_id"], name="lastword_entry_by_account")]
        constraints: ClassVar = [
            _one_of("action", ACTIONS, "lastword_entry_action"),
            _one_of("grade", GRADES, "lastword_entry_grade"),
            _one_of("kind", KINDS, "lastword_entry_kind"),
            models.CheckConstraint(
                condition=models.Q(action=REVOKE)
                | models.Q(grade__isnull=False, reason__isnull=False, kind__isnull=False, expires_on__isnull=False),
                name="lastword_entry_whole",
            ),
        ]


class SettingAside(models.Model):
    """One row per snooze (until a date) or dismissal (until the evidence moves) of an account from the review queue."""

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
        indexes: ClassVar = [models.Index(fields=["account_id", "id"], name="lastword_aside_by_account")]
        constraints: ClassVar = [_one_of("action", ("snooze", "dismiss"), "lastword_aside_action")]
