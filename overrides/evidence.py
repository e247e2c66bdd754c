"""Whether the scores of an account say something else than somebody saw, in words."""

from overrides.decisions import Standing


def moved_since(standing: Standing, seen_run_id: str | None, seen_plan_grade: str | None, seen_model_grade: str | None) -> str:
    """What moved since somebody saw an account: in which run, from which grade to which; "" where nothing did.

    Nothing moved where the scores are those of the run that they saw, or of another run that says the same. A grade that is
    None wasn't noted and isn't compared; "" says that there was none. Without a run nothing is compared.
    """
    scores = standing.scores
    if scores is None or not (seen_run_id or "").strip() or scores["run_id"] == str(seen_run_id).strip():
        return ""
    moves = []
    for name, seen in (("model", seen_model_grade), ("plan", seen_plan_grade)):
        now = scores[f"{name}_grade"]
        if seen is not None and seen.strip().upper() != (now or ""):
            moves.append(f"the {name} said {seen.strip().upper() or 'no grade'} and says {now or 'no grade'}")
    return f"{', '.join(moves)} in run {scores['run_id']}" if moves else ""
