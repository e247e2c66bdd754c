"""The model card: one page about a training, for people who don't read code. It needs no script, no network, no other file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import card_words as words
from lastword.charts import Explained, draw_explanations, draw_figures
from lastword.charts.explanations import family_shares, most_important

if TYPE_CHECKING:
    import pandas as pd

    from models.training import Trained

PAGE = "model_card.html"
LOOK_ALIKE = "look-alike: not a forecast"
MOST_EXPLAINED = 1_000
"""Accounts whose SHAP values are drawn: a picture doesn't need more."""

PARTS = ("windows", "sample", "rolling", "grades", "prior_sensitivity", "promotion", "leakage", "drift")
"""What the page asks the figures for; a part that is missing is left out of the page."""


@dataclass(frozen=True)
class CardFacts:
    """What a card says beside the figures.

    Attributes
    ----------
    mode : landmarks, look-alike, or plan-only where nothing was trained.
    made_at : when, UTC; `as_of` is the date strictly before which things were known.
    winners : accounts that win in usable windows; `rows` what was learnt from and tested on.
    fingerprint : SHA-256 of the inputs.
    version : of the registered model; None before it is registered.
    serving : the version that serves where this one doesn't; None where the plan decides alone.
    untrained_because : why nothing was trained; None where a model was.
    """

    project: str
    run_id: str
    as_of: date
    made_at: datetime
    mode: str
    horizon_days: int
    seed: int
    winners: int
    rows: int
    fingerprint: str
    plan_version: str
    catalog_version: str
    class_prior: float | None = None
    version: str | None = None
    serving: str | None = None
    untrained_because: str | None = None


@dataclass(frozen=True)
class ModelCard:
    """A card and its pictures, which are drawn once."""

    facts: CardFacts
    figures: Mapping[str, Any]
    explained: Explained | None

    @cached_property
    def pictures(self) -> dict[str, str]:
        """SVG texts by name."""
        label = LOOK_ALIKE if self.facts.mode == "look-alike" else ""
        return draw_figures(self.figures, label) | draw_explanations(self.explained, label)

    def write_reports(self, folder: Path) -> None:
        """model_card.html and plots/*.svg into a folder that is there."""
        plots = folder / "plots"
        plots.mkdir()
        for name, picture in self.pictures.items():
            (plots / f"{name}.svg").write_text(picture, encoding="utf-8")
        (folder / PAGE).write_text(self.page(), encoding="utf-8")

    def publish(self, folder: Path, version: str | None = None) -> Path:
        """Put the page in its place in a folder of documents, as a whole; `version` is what the registry called the model."""
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{PAGE}.unfinished"
        unfinished.write_text(self.page(version), encoding="utf-8")
        return unfinished.replace(folder / PAGE)

    def page(self, version: str | None = None) -> str:
        """The page as text."""
        return render(replace(self.facts, version=version or self.facts.version), self.figures, self.explained, self.pictures)


def render(
    facts: CardFacts, figures: Mapping[str, Any], explained: Explained | None = None, pictures: Mapping[str, str] | None = None
) -> str:
    """The page as text.

    Parameters
    ----------
    figures : metrics.json's figures, complete or in part: what isn't there is left out of the page.
    explained : SHAP values of a sample of accounts, None where there are none.
    pictures : SVG texts by name; those that the page has no place for are left out.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("lastword"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{PAGE}.jinja").render(
        facts=facts,
        figures=dict.fromkeys(PARTS) | dict(figures),
        state=_state(facts, figures),
        label=LOOK_ALIKE if facts.mode == "look-alike" else "",
        pictures={name: Markup(svg) for name, svg in (pictures or {}).items()},
        numbers=words.big_numbers(figures, facts.horizon_days),
        table=_comparison(figures),
        families=_families(explained),
        important=most_important(explained, 3) if explained is not None else [],
        limits=words.limits(figures, facts.mode, facts.horizon_days, facts.class_prior),
        words=words,
    )


def explain_sample(trained: "Trained", population: "pd.DataFrame", features: Any, seed: int) -> Explained | None:
    """SHAP values of at most 1,000 accounts of the population, drawn with `seed`; None for an empty one."""
    if not len(population):
        return None
    sample = population.sample(min(len(population), MOST_EXPLAINED), random_state=seed).reset_index(drop=True)
    contributions, _ = trained.model.contributions(sample)
    used = {feature.name: feature for feature in features if feature.name in contributions.columns}
    return Explained(
        contributions=contributions.reset_index(drop=True),
        values=sample[list(contributions.columns)],
        kinds={name: feature.kind for name, feature in used.items()},
        families={name: feature.family for name, feature in used.items()},
        names={name: words.readable(name, feature.logarithm_of) for name, feature in used.items()},
        logarithms=frozenset(name for name, feature in used.items() if feature.logarithm_of),
    )


def _state(facts: CardFacts, figures: Mapping[str, Any]) -> dict[str, str]:
    """What became of the model: a word for the badge, its tone, and a sentence."""
    instead = f"Version {facts.serving} goes on serving." if facts.serving else "No model serves; the plan decides alone."
    if facts.untrained_because:
        return {"badge": "no model", "tone": "warn", "said": f"No model was trained: {facts.untrained_because}."}
    promotion = figures.get("promotion") or {}
    if not promotion:
        return {"badge": "trained", "tone": "muted", "said": "It was trained; whether it serves is not known here."}
    marks = [rule["mark"] for rule in words.decision(figures)]
    if promotion.get("promoted") and "not met" in marks:
        said = "It serves because [model] promote is “always”, although not every rule is met."
        return {"badge": "serving", "tone": "warn", "said": said}
    if promotion.get("promoted"):
        warnings = marks.count("warning")
        rest = f", {words.counted(warnings, 'rule')} with a warning" if warnings else ""
        return {"badge": "serving", "tone": "good", "said": f"It serves: every rule for promotion is met{rest}."}
    because = promotion.get("refused_because")
    return {"badge": "not promoted", "tone": "bad", "said": f"It doesn't serve{f': {because}' if because else ''}. {instead}"}


def _comparison(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Model, plan, blend and chance, metric by metric, as text; metrics that no opinion has are left out."""
    one = "customer" if "look_alike" in figures else "winner"
    metrics = {
        "auc": (f"Of 100 times, a {one} ranks above another account", 100),
        **{f"capture_at_{k}": (f"Of 100 {one}s, found among the first {k} %", 100) for k in (5, 15, 35)},
    }
    opinions, rows = words.opinions_of(figures), []
    for metric, (said, base) in metrics.items():
        cells = {name: words.figure_of(figures, name, metric) for name in ("model", "plan", "blend")}
        if not any(cells.values()):
            continue
        texts = {name: (words.out_of(cell["estimate"], base), words.between(cell, base)) for name, cell in cells.items() if cell}
        chance = (opinions.get("chance") or {}).get(metric)
        rows.append({"said": said, "cells": texts, "chance": "" if chance is None else words.out_of(chance, base)})
    return rows


def _families(explained: Explained | None) -> str:
    """ "the company itself 48 %, its intent signals 35 %, its technology 17 %"; "" where nothing is explained."""
    if explained is None:
        return ""
    return ", ".join(
        f"{words.FAMILIES.get(name, name)} {words.percent(share)}" for name, share in family_shares(explained).items()
    )
