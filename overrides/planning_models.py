"""Tables of planning: versions of the plan and their adoption, scenarios, what people know of spend, what went to Salesforce."""

from typing import ClassVar

from django.db import models

from overrides.constraints import one_of


class PlanVersion(models.Model):
    """One row per plan that was saved or scored by. Append-only.

    `version` is plan.toml's own, followed by " (2)" and so on where a run used another plan under a version that was taken.
    `fingerprint` is what the plan says (lastword.plan.fingerprint), `text` plan.toml whole. effective_from and effective_to,
    both inclusive, are null where open.
    """

    version_id = models.BigAutoField(primary_key=True)
    version = models.TextField(unique=True)
    fingerprint = models.TextField(unique=True)
    text = models.TextField()
    author = models.TextField()
    note = models.TextField(default="")
    made_at = models.DateTimeField()
    effective_from = models.DateField(null=True)
    effective_to = models.DateField(null=True)

    class Meta:
        db_table = "lastword_plan_version"


class PlanAdoption(models.Model):
    """One row per adoption of a version: the newest says which plan is the one to use. Append-only."""

    adoption_id = models.BigAutoField(primary_key=True)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, db_index=False, related_name="+")
    by = models.TextField()
    made_at = models.DateTimeField()
    note = models.TextField(default="")

    class Meta:
        db_table = "lastword_plan_adoption"


class SpendEntry(models.Model):
    """One row per thing that somebody entered on an account's potential spend. Append-only.

    kind value: `amount` a year; growth: `amount` is a share of the prior year's spend; clear takes back what stands, amount null.
    """

    entry_id = models.BigAutoField(primary_key=True)
    account_id = models.TextField()
    kind = models.TextField()
    amount = models.FloatField(null=True)
    reason = models.TextField(default="")
    note = models.TextField(default="")
    by = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "lastword_spend_entry"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "entry_id"], name="lastword_spend_by_account"),
            models.Index(fields=["made_at", "entry_id"], name="lastword_spend_by_time"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=("value", "growth"), amount__isnull=False)
                | models.Q(kind="clear", amount__isnull=True),
                name="lastword_spend_kind",
            )
        ]


class SalesforcePush(models.Model):
    """One row per account and job when it is sent, and one when its end is known; append-only. The latest of an account counts.

    `digest` is of what was sent, `target` the host and object that it went to, `said` Salesforce's words where it refused.
    """

    push_id = models.TextField()
    target = models.TextField()
    account_id = models.TextField()
    digest = models.TextField()
    job_id = models.TextField()
    outcome = models.TextField()
    said = models.TextField(default="")
    by = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "lastword_salesforce_push"
        indexes: ClassVar = [models.Index(fields=["target", "account_id", "id"], name="lastword_push_by_account")]
        constraints: ClassVar = [one_of("outcome", ("sent", "accepted", "failed", "unknown"), "lastword_push_outcome")]


class Scenario(models.Model):
    """One row per scenario: a plan that somebody works on. Its text is in its revisions; `revision` says which one stands."""

    scenario_id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    based_on = models.TextField(default="")
    revision = models.IntegerField()
    state = models.TextField(default="open")
    made_by = models.TextField()
    made_at = models.DateTimeField()
    changed_by = models.TextField()
    changed_at = models.DateTimeField()
    note = models.TextField(default="")

    class Meta:
        db_table = "lastword_scenario"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], condition=models.Q(state="open"), name="lastword_scenario_one_name"),
            one_of("state", ("open", "adopted", "dropped"), "lastword_scenario_state"),
        ]


class ScenarioRevision(models.Model):
    """One row per text that a scenario was saved with, from 1. Append-only."""

    revision_id = models.BigAutoField(primary_key=True)
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, db_index=False, related_name="+")
    revision = models.IntegerField()
    text = models.TextField()
    by = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "lastword_scenario_revision"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scenario", "revision"], name="lastword_scenario_revision_once"),
        ]
