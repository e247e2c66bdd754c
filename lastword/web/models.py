"""Who may use the review application: people with a role, and tokens for programs.

Decisions name people by text (overrides.models), so these tables can go and the history stays.
"""

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from lastword.web.roles import ROLES, includes


class User(AbstractUser):
    """One row per person. `role` decides what they may do; is_active ends their access without touching their history."""

    role = models.TextField(choices=[(role, role) for role in ROLES], default="viewer")

    class Meta:
        db_table = "lastword_user"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(role__in=ROLES), name="lastword_user_role")]

    def may(self, role: str) -> bool:
        """Whether this person may do what `role` may."""
        return bool(self.is_active) and includes(self.role, role)


class ApiToken(models.Model):
    """One row per token of the API. The token itself is shown once; `digest` is its SHA-256 in hexadecimal."""

    name = models.TextField(unique=True)
    role = models.TextField(choices=[(role, role) for role in ROLES], default="viewer")
    digest = models.TextField(unique=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    class Meta:
        db_table = "lastword_api_token"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(role__in=ROLES), name="lastword_api_token_role")]

    def may(self, role: str, now: datetime) -> bool:
        """Whether a request with this token may do what `role` may."""
        return self.revoked_at is None and self.expires_at > now and includes(self.role, role)


class KeptAnswer(models.Model):
    """One row per request of a token with an Idempotency-Key: what was answered, for whoever sends it again within a day.

    `asked` is the SHA-256 of the address and body that the key was used for.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+")
    key = models.TextField()
    asked = models.TextField()
    status = models.IntegerField()
    answer = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "lastword_kept_answer"
        indexes: ClassVar = [models.Index(fields=["made_at"], name="lastword_kept_answer_by_time")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="lastword_kept_answer_once")]


class SavedView(models.Model):
    """One row per view of the queue that somebody keeps: the address of the page after the question mark, under a name."""

    owner = models.TextField()
    name = models.TextField()
    address = models.TextField()
    shared = models.BooleanField(default=False)

    class Meta:
        db_table = "lastword_saved_view"
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="lastword_saved_view_one_per_name")]
