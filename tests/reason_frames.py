"""What either side says of accounts, as the rows of reasons that files hold."""

from typing import Any

import pandas as pd
import pyarrow as pa

from models.explain import model_side, plan_side
from models.sides import reason_rows


def model_reasons(*arguments: Any, **options: Any) -> pd.DataFrame:
    """The rows of `models.explain.model_side`."""
    return plainly(reason_rows([model_side(*arguments, **options)])).to_pandas()


def plan_reasons(*arguments: Any, **options: Any) -> pd.DataFrame:
    """The rows of `models.explain.plan_side`."""
    return plainly(reason_rows([plan_side(*arguments, **options)])).to_pandas()


def plainly(rows: pa.Table) -> pa.Table:
    """The rows with every text written out, as files and pandas hold them."""
    kinds = [pa.field(field.name, field.type if pa.types.is_floating(field.type) else pa.large_string()) for field in rows.schema]
    return rows.cast(pa.schema(kinds))
