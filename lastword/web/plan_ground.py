"""What a plan is tried on, kept in this process between one try and the next: the accounts of the current run and their values.

Reading a million accounts takes seconds and trying a plan on them less, so that an editor that answers at once can't read anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.plan import ALL_TOPICS, TECHNOLOGY, TOPIC, Plan
from lastword.table_files import parts, read, schema

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning.whatif import WhatIf
    from lastword.project import Project

MOST_COLUMNS = 40
"""Values of so many names are kept; those that nobody has looked at for longest go first."""

_NOT_ATTRIBUTES = ("account_id", "name", "as_of", "parent_account_id", "website", "domain")


class Recent(dict[str, Any]):
    """A dictionary that knows what was used last, and keeps no more than it is told to."""

    def __getitem__(self, key: str) -> Any:
        value = super().pop(key)
        super().__setitem__(key, value)
        return value

    def trim(self, most: int) -> None:
        """Let go of what nobody has used for longest."""
        for key in list(self)[: max(0, len(self) - most)]:
            del self[key]


@dataclass(frozen=True)
class Known:
    """Something that an attribute can look at: its name in a plan, its kind, and how often the run saw it (rows of its table)."""

    name: str
    kind: str
    family: str
    rows: int


@dataclass
class Ground:
    """The accounts of one run. `current` is the plan that it scored by; `values` and `past` hold what plans asked for so far."""

    project: "Project"
    run_id: str
    folder: Path
    current: Plan
    accounts: "pd.DataFrame"
    as_of: date
    values: dict[str, "pd.Series"] = field(default_factory=dict)
    past: "pd.DataFrame | None" = None
    asked: set[str] = field(default_factory=set)
    now_given: Recent = field(default_factory=Recent)
    then_given: Recent = field(default_factory=Recent)
    lock: Lock = field(default_factory=Lock)
    newest: dict[str, int] = field(default_factory=dict)
    known_here: tuple[Known, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of accounts that a plan may look at."""
        from lastword.plan_values_kept import COLUMNS, VALUES

        path = self.folder / COLUMNS
        return tuple(schema(path if path.exists() else self.folder / VALUES).names)

    def what_if(self, other: Plan, overrides: "pd.DataFrame") -> "WhatIf":
        """See lastword.planning.whatif. ConfigurationError where the plan looks at a column that accounts lack."""
        from lastword.plan_trial import staff_of
        from lastword.planning.whatif import Given, what_if

        settings = self.project.settings
        values, past = self.looked_at((self.current, other))
        given = Given(self.now_given, self.then_given)
        found = what_if(
            self.current,
            other,
            self.accounts,
            values,
            overrides,
            past,
            settings.disparity.threshold,
            settings.seed,
            staff_of(self.project),
            given,
        )
        for kept in (self.now_given, self.then_given):
            kept.trim(len(self.current.attributes) + len(other.attributes) + 4)
        return found

    def looked_at(self, plans: tuple[Plan, Plan]) -> "tuple[pd.DataFrame, pd.DataFrame | None]":
        """The values of every name in either plan, of the accounts and of the rows of past dates (None: none are kept)."""
        import pandas as pd

        from lastword.plan_values_kept import KEYS

        names = list(dict.fromkeys(name for plan in plans for name in plan.names))
        self._read([name for name in names if name not in self.asked], plans)
        found = pd.DataFrame({name: self.values[name] for name in names if name in self.values}, index=self.accounts.index)
        if self.past is None:
            return found, None
        return found, self.past[[*KEYS, *(name for name in names if name in self.past)]]

    def value_of(self, name: str) -> "tuple[pd.Series, pd.DataFrame | None]":
        """One name's values, of the accounts and of past rows (account_id, won and the name)."""
        import pandas as pd

        from lastword.plan_values_kept import looking_at

        plan = looking_at([name], (self.current, self.current))
        values, past = self.looked_at((plan, plan))
        nothing = pd.Series(float("nan"), self.accounts.index)
        return values.get(name, nothing), past if past is not None and name in past else None

    def _read(self, names: list[str], plans: tuple[Plan, Plan]) -> None:
        """Read what wasn't asked for yet."""
        from lastword.plan_values_kept import looking_at, past_values_of, values_of

        if not names:
            return
        for plan in plans:
            plan.check_columns(self.columns)
        probe = looking_at(names, plans)
        found = values_of(self.project, self.folder, self.as_of, (probe, probe))
        past = past_values_of(self.project, self.folder, self.as_of, (probe, probe))
        if len(self.asked) > MOST_COLUMNS:
            self.values, self.asked, self.past = {}, set(), None
            names = list(dict.fromkeys([*names, *(name for plan in plans for name in plan.names)]))
            self._read(names, plans)
            return
        self.values |= {name: found[name] for name in names if name in found}
        if past is not None:
            more = {name: past[name] for name in names if name in past and (self.past is None or name not in self.past)}
            self.past = past if self.past is None else self.past.assign(**more)
        self.asked |= set(names)

    def known(self) -> tuple[Known, ...]:
        """Everything that an attribute could look at: columns, then technologies, then topics, each the most frequent first."""
        if self.known_here is None:
            self.known_here = (*_columns(self.folder), *_technologies(self.folder), *_topics(self.folder))
        return self.known_here

    def is_newest(self, page: str, number: int) -> bool:
        """Whether no later try of the same page has come in."""
        return number >= self.newest.get(page, 0)

    @contextmanager
    def turn(self, page: str, number: int) -> Iterator[bool]:
        """One try at a time; False where a later one of the same page overtook this one while it waited."""
        self.newest[page] = max(number, self.newest.get(page, 0))
        if len(self.newest) > 1000:
            self.newest.pop(next(iter(self.newest)))
        with self.lock:
            yield self.is_newest(page, number)


_kept: dict[tuple[str, str], Ground] = {}
_reading = Lock()


def ground_of(project: "Project", now: datetime) -> Ground:
    """The ground of the current publication, read once per process; Refusal where nothing is published."""
    from lastword.results import nothing_published
    from overrides.publish import current_run

    run = current_run()
    if run is None:
        raise nothing_published(project)
    key = (str(project.folder), run.run_id)
    with _reading:
        found = _kept.get(key)
        if found is None or found.project is not project:
            found = _read_ground(project, run.run_id, now)
            _kept.clear()
            _kept[key] = found
    return found


def _read_ground(project: "Project", run_id: str, now: datetime) -> Ground:
    from lastword.plan_trial import accounts_tried, as_of_tried, current_plan

    folder = project.run_folder(run_id)
    if not (folder / "scores.parquet").exists():
        raise Refusal(f"run {run_id} left no scores to try a plan on: `lastword score` makes a run that does")
    accounts = accounts_tried(folder)
    as_of = as_of_tried(project, accounts, now)
    texts = dict.fromkeys(("region", "industry", "model_grade", "policy_grade"), "category")
    return Ground(project, run_id, folder, current_plan(folder), accounts.astype(texts), as_of)


def _columns(folder: Path) -> Iterator[Known]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lastword.plan_values_kept import COLUMNS, VALUES

    path = folder / COLUMNS if (folder / COLUMNS).exists() else folder / VALUES
    files = [pq.read_metadata(part) for part in parts(path)]
    for index, column in enumerate(schema(path)):
        if column.name in _NOT_ATTRIBUTES or pa.types.is_temporal(column.type) or column.name.startswith((TECHNOLOGY, TOPIC)):
            continue
        groups = [file.row_group(each).column(index).statistics for file in files for each in range(file.num_row_groups)]
        empty = sum(each.null_count or 0 for each in groups if each is not None and each.has_null_count)
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
        yield Known(
            column.name, "quantitative" if number else "qualitative", "column", sum(file.num_rows for file in files) - empty
        )


def _technologies(folder: Path) -> Iterator[Known]:
    from lastword.account_inputs import TECHNOLOGIES

    for name, rows in _counts(folder / TECHNOLOGIES, "technology"):
        yield Known(TECHNOLOGY + name, "qualitative", "technology", rows)


def _topics(folder: Path) -> Iterator[Known]:
    from lastword.account_inputs import SIGNALS

    counts = list(_counts(folder / SIGNALS, "topic"))
    if counts:
        yield Known(ALL_TOPICS, "quantitative", "topic", sum(rows for _, rows in counts))
    for name, rows in counts:
        yield Known(TOPIC + name, "quantitative", "topic", rows)


def _counts(path: Path, column: str) -> Iterator[tuple[str, int]]:
    """Rows by value, most first; nothing where there is no such file."""

    if not path.exists():
        return
    counts = read(path, [column], categories=[column])[column].value_counts().to_pylist()
    for each in sorted(counts, key=lambda each: (-each["counts"], str(each["values"]))):
        if each["values"]:
            yield str(each["values"]), int(each["counts"])
