"""A notebook's surroundings: which project it looks at, pictures that need no network, SHAP values in shap's own form."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError
from lastword.project import SETTINGS_FILE
from lastword.workbench import Workbench, open_project

if TYPE_CHECKING:
    import pandas as pd

    from lastword.charts import Explained
    from lastword.experiment import Experiment

VARIABLE = "LASTWORD_PROJECT"
DEMO = "lastword-demo"
SUMMED = {"(other)": "small ones", "(scale)": "as a percentile"}
"""Reasons that are no attributes of an account, in words."""

warnings.filterwarnings("ignore", message="IProgress not found")  # shap asks for a progress bar that nobody needs


def project_here() -> Workbench:
    """The project that LASTWORD_PROJECT names; else that of the folder or one above; else the lastword-demo in one of them.

    Raises
    ------
    ConfigurationError
        There is none; what to do is said.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return open_project(named)
    above = [Path.cwd(), *Path.cwd().parents]
    places = [*above, *(folder / DEMO for folder in above)]
    found = next((folder for folder in places if (folder / SETTINGS_FILE).is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"no project for this notebook: run `make demo` in the repository (about two minutes), or set {VARIABLE} to the "
            "folder of a project, then run this cell again"
        )
    return open_project(found)


def show(*charts: Any) -> None:
    """Charts of `lastword.charts`, one under another, as SVG that stays in the notebook; a line for one that has no data."""
    from IPython.display import SVG, display

    from lastword.charts import to_svg

    for chart in charts:
        if chart is None:
            say("*Nothing to draw: this project has no such figure.*")
        else:
            display(SVG(to_svg(chart)))


def say(text: str) -> None:
    """A sentence with figures computed in the notebook, as Markdown."""
    from IPython.display import Markdown, display

    display(Markdown(text))


def explained(experiment: "Experiment", features: "pd.DataFrame") -> "tuple[Explained, float]":
    """SHAP values of these accounts for `lastword.charts`, and the log-odds from which every account starts."""
    from features.catalog import catalog
    from lastword.card_words import readable
    from lastword.charts import Explained

    contributions, base = experiment.model.contributions(features)
    columns = experiment.project.settings.features.columns
    known = {feature.name: feature for feature in catalog(experiment.served.vocabulary, columns)}
    used = [known[name] for name in contributions.columns]
    return Explained(
        contributions=contributions.reset_index(drop=True),
        values=features[list(contributions.columns)].reset_index(drop=True),
        kinds={feature.name: feature.kind for feature in used},
        families={feature.name: feature.family for feature in used},
        names={feature.name: readable(feature.name, feature.logarithm_of) for feature in used},
        logarithms=frozenset(feature.name for feature in used if feature.logarithm_of),
    ), base


def shap_values(experiment: "Experiment", features: "pd.DataFrame") -> Any:
    """The same as a shap.Explanation, for the plots of shap: log-odds of a win, categories as text, null where unknown."""
    import numpy as np
    import pandas as pd
    import shap

    found, base = explained(experiment, features)
    shown = found.values.copy()
    for name in found.logarithms:
        shown[name] = np.expm1(shown[name].astype(float)).round()
    numbers = shown.apply(pd.to_numeric, errors="coerce").astype(float)
    return shap.Explanation(
        values=found.contributions.to_numpy(dtype=float),
        base_values=np.full(len(shown), base),
        data=numbers.to_numpy(),
        display_data=shown.to_numpy(dtype=object),
        feature_names=[found.name(name) for name in shown.columns],
    )


def shap_of_reasons(reasons: "pd.DataFrame", source: str) -> Any:
    """One account's reasons of one opinion ("plan", "model") as a shap.Explanation in points, for shap's waterfall."""
    import numpy as np
    import shap

    rows = reasons[reasons["source"] == source]
    starts = rows["attribute"] == "(base)"
    own = rows[~starts]
    return shap.Explanation(
        values=own["contribution"].to_numpy(dtype=float),
        base_values=float(rows.loc[starts, "contribution"].sum()),
        data=np.asarray(
            [SUMMED.get(name, value) for name, value in zip(own["attribute"], own["value"].fillna("unknown"), strict=True)]
        ),
        feature_names=[name.strip("()") for name in own["attribute"]],
    )
