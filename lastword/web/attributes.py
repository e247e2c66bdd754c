"""The qualitative attributes of accounts that a run knows beyond the hierarchy: text, flags, and technologies as yes or no."""

from typing import TYPE_CHECKING

from lastword.table_files import read, schema
from overrides.hierarchy import FIELDS

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

TABLES = ("features", "plan_values")
TECHNOLOGY = "technology:"
_OWN = {*FIELDS, "account_id", "as_of"}


def attributes_of(project: "Project", run_id: str) -> dict[str, str]:
    """Names of the attributes and the table of the run's folder that has each; empty where the folder is gone."""
    import pyarrow as pa

    flags = _flags(project)
    found: dict[str, str] = {}
    for table in TABLES:
        path = project.run_folder(run_id) / f"{table}.parquet"
        for column in schema(path) if path.exists() else ():
            is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            if column.name not in _OWN and (is_text or column.name.startswith(TECHNOLOGY) or column.name in flags):
                found.setdefault(column.name, table)
    return found


def values_of_attribute(project: "Project", run_id: str, name: str, table: str) -> "pd.Series":
    """Its text by account_id, null where not given; technologies and other flags are yes or no."""
    import pandas as pd

    frame = read(project.run_folder(run_id) / f"{table}.parquet", ["account_id", name]).to_pandas()
    values = frame.set_index("account_id")[name]
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        values = values.astype("float64").map({0.0: "no", 1.0: "yes"})
    return values.astype("category")


def _flags(project: "Project") -> set[str]:
    from features.catalog import Vocabulary, catalog

    return {feature.name for feature in catalog(Vocabulary(), project.settings.features.columns) if feature.kind == "flag"}
