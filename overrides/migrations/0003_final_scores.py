"""final_scores: the current publication's scores joined with the override in force now, by the database's UTC date.

In force is the latest entry of an account that isn't held out, if it is an add or a supersede that hasn't lapsed. A migration
that alters lastword_score or lastword_override_entry drops this view first and creates it again after.
"""

from django.db import migrations

TODAY = {"sqlite": "date('now')", "postgresql": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date"}

VIEW = """
CREATE VIEW final_scores AS
SELECT
    s.account_id, s.name, s.region, s.sub_region, s.country, s.industry, s.sub_industry,
    s.plan_points, s.plan_segment, s.propensity, s.model_points, s.model_grade,
    s.account_status, s.coverage, s.grade_confidence, s.disparity,
    CASE WHEN o.entry_id IS NULL THEN s.open_reason IS NOT NULL
         ELSE s.override_review IS NOT NULL AND o.made_at <= s.scored_at END AS under_review,
    CASE WHEN o.entry_id IS NULL THEN s.open_reason
         WHEN o.made_at <= s.scored_at THEN s.override_review END AS queue_reason,
    COALESCE(o.grade, s.policy_grade) AS final_grade,
    CASE WHEN o.entry_id IS NULL THEN s.policy_decided_by ELSE 'override' END AS decided_by,
    s.key_account,
    o.reason AS override_reason, o."by" AS override_by, o.made_at AS override_at, o.expires_on AS override_expires_on,
    s.potential_spend, s.expected_value,
    CASE WHEN s.high_value IS NULL OR COALESCE(o.grade, s.policy_grade) IS NULL THEN NULL
         WHEN s.high_value AND COALESCE(o.grade, s.policy_grade) IN ('A', 'B') THEN 1
         WHEN s.high_value OR COALESCE(o.grade, s.policy_grade) IN ('A', 'B') THEN 2
         ELSE 3 END AS tier,
    s.run_id, s.model_version, s.plan_version, s.as_of, s.scored_at
FROM lastword_current c
JOIN lastword_score s ON s.publication_id = c.publication_id
LEFT JOIN (
    SELECT e.entry_id, e.account_id, e.grade, e.reason, e."by", e.made_at, e.expires_on
    FROM lastword_override_entry e
    WHERE e.action IN ('add', 'supersede') AND e.expires_on >= {today}
    AND NOT EXISTS (
        SELECT 1 FROM lastword_override_entry n
        WHERE n.account_id = e.account_id AND n.entry_id > e.entry_id AND n.action <> 'hold_out')
) o ON o.account_id = s.account_id
"""


def create_view(apps, schema_editor):
    schema_editor.execute(VIEW.format(today=TODAY[schema_editor.connection.vendor]), params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0002_append_only_ledger")]
    operations = [migrations.RunPython(create_view)]
