"""Lastword's model beside what one would use instead: python benchmarks/peers.py [--seconds 45] [--accounts 2000 14000] [--write]

Every tool gets the same training rows, features and time, and is judged by the same test rows. The peers live in an
environment of their own (.venv-peers, made by `make bench-peers`); those that aren't there are left out, with the reason.
--write puts the tables into benchmarks/README.md.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmarks.peer_figures import compare_scores, grid, markdown
from benchmarks.peer_fit import TOOLS, in_time
from benchmarks.peer_sets import SEED, Demo, MissingError, PeerSet, caravan, cdnow, demo, gsa_search, salvirt
from lastword.errors import LastwordError
from models.folds import grouped_folds
from models.ranking import Ranking, lift

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"
README = ROOT / "benchmarks" / "README.md"
BEGIN, END = "<!-- tables of peers.py -->\n", "<!-- end of the tables -->"
NAIVE_FOLDS = 5
NAIVE_TOOLS = ("Lastword", "LightGBM defaults")


@dataclass(frozen=True)
class Answer:
    """What a tool says of the test rows, and the seconds it took to learn and answer."""

    propensity: np.ndarray
    seconds: float


def ask(name: str, train: pd.DataFrame, test: pd.DataFrame, seconds: float) -> Answer:
    """Fit a tool on `train` in its own environment and process, and ask it about `test`."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{part}.parquet" for part in ("train", "test", "out")]
        for frame, file in zip((train, test.drop(columns="_won")), files, strict=False):
            frame.to_parquet(file, index=False)
        run(interpreter(TOOLS[name].is_peer), "peer_fit.py", name, *map(str, files), str(seconds), into=Path(folder))
        answer = pd.read_parquet(files[-1])
    return Answer(answer["propensity"].to_numpy(), float(answer["seconds"].iloc[0]))


def run(python: Path, script: str, *arguments: str, into: Path) -> None:
    """Run a script of this folder, which may leave files `into` a folder; MissingError with its last line where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT) if python == Path(sys.executable) else ""}
    command = [str(python), str(ROOT / "benchmarks" / script), *arguments]
    done = subprocess.run(command, env=environment, cwd=into, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise MissingError(said[-1])


def interpreter(is_peer: bool) -> Path:
    """The Python of the peers' environment, or this one."""
    python = PEERS / "bin" / "python"
    if is_peer and not python.exists():
        raise MissingError("not installed")
    return python if is_peer else Path(sys.executable)


def answers(peer_set: PeerSet, seconds: float) -> tuple[dict[str, Answer], dict[str, str]]:
    """Each tool's answers on all splits, and why a tool has none. Splits share the time."""
    given: dict[str, Answer] = {}
    missing: dict[str, str] = {}
    share = seconds / len(peer_set.splits)
    for name in TOOLS:
        try:
            parts = [ask(name, train, test, share) for train, test in peer_set.splits]
        except MissingError as error:
            missing[name] = str(error)
            continue
        given[name] = Answer(np.concatenate([part.propensity for part in parts]), sum(part.seconds for part in parts))
        print(f"  {peer_set.name}: {name} {given[name].seconds:.1f} s", file=sys.stderr, flush=True)
    return given, missing


def report(peer_set: PeerSet, given: dict[str, Answer], missing: dict[str, str]) -> str:
    """The set's heading, its size, and its table."""
    tested, train = peer_set.tested(), peer_set.splits[0][0]
    won = tested["_won"].to_numpy(dtype=float)
    figures = compare_scores(
        won, {name: answer.propensity for name, answer in given.items()}, tested["_account"].to_numpy(), SEED
    )
    features = sum(not name.startswith("_") for name in train)
    size = f"{len(train):,} training rows, {len(tested):,} test rows with {int(won.sum()):,} wins, {features} features"
    table = markdown(figures, {name: answer.seconds for name, answer in given.items()}, missing)
    return f"### {peer_set.name}\n\n{size}; {peer_set.split}.\n\n{table}\n"


def naive_report(population: Demo, given: dict[str, Answer]) -> str:
    """What two designs claim of themselves, and what the future makes of it, for the same learners."""
    lines = [naive_line(name, population.today) for name in NAIVE_TOOLS]
    lines += [landmark_line(name, population.landmarks, given[name]) for name in NAIVE_TOOLS if name in given]
    heading = ["design", "it claims: AUC", "the future: AUC", "its lift at 15 %"]
    return f"What each design claims of itself, and what then happened:\n\n{grid(heading, lines)}\n"


def naive_line(name: str, today: pd.DataFrame) -> list[str]:
    """Today's customers against today's prospects: its own random folds, and the same scores against the future."""
    rows, won = today.drop(columns="_future"), today["_won"].to_numpy()
    fold = grouped_folds(won, np.arange(len(won)), SEED, NAIVE_FOLDS)
    score = np.empty(len(won))
    for held in range(NAIVE_FOLDS):
        score[fold == held] = TOOLS[name].fit(rows[fold != held], rows[fold == held], 0.0)
    prospect = ((won == 0) & today["_future"].notna()).to_numpy()
    future = today.loc[prospect, "_future"].to_numpy(dtype=float)
    return [f"as of today, random folds, {name}", f"{roc_auc_score(won, score):.3f}", *reached(future, score[prospect])]


def landmark_line(name: str, landmarks: PeerSet, answer: Answer) -> list[str]:
    """Landmarks: the claim is made on the newest of the training rows, learnt from older ones."""
    train, test = landmarks.splits[0]
    older, newer = in_time(train)
    claimed = roc_auc_score(newer["_won"], TOOLS[name].fit(older, newer, 0.0))
    return [f"landmarks, later time, {name}", f"{claimed:.3f}", *reached(test["_won"].to_numpy(dtype=float), answer.propensity)]


def reached(won: np.ndarray, score: np.ndarray) -> list[str]:
    """AUC and lift at 15 %."""
    top = lift(Ranking(score), won, np.ones(len(won)), 0.15)
    return [f"{roc_auc_score(won, score):.3f}", f"{top:.2f}"]


def reports(folder: Path, accounts: list[int], seconds: float) -> Iterator[str]:
    """The report of every set that is there, or why it isn't."""
    for number in accounts:
        population = demo(folder / f"demo{number}", number)
        given, missing = answers(population.landmarks, seconds)
        yield report(population.landmarks, given, missing) + "\n" + naive_report(population, given)
    others: dict[str, Callable[[], PeerSet]] = {
        "gsa-search": lambda: gsa_search(folder / "gsa"),
        "salvirt deals": salvirt,
        "Caravan insurance": lambda: caravan(public("caravan", folder)),
        "CDNOW purchases": lambda: cdnow(public("cdnow", folder)),
    }
    for name, load in others.items():
        try:
            peer_set = load()
        except MissingError as error:
            yield f"### {name}\n\nLeft out: {error}.\n"
        else:
            yield report(peer_set, *answers(peer_set, seconds))


def public(name: str, folder: Path) -> Path:
    """The file of a public set that a package of the peers' environment carries."""
    file = folder / f"{name}.parquet"
    run(interpreter(is_peer=True), "peer_data.py", name, str(file), into=folder)
    return file


def with_tables(page: str, tables: str) -> str:
    """The page with these tables between its marks."""
    return re.sub(f"(?s)(?<={BEGIN}).*(?={END})", lambda _: f"\n{tables}\n", page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=positive, default=45.0, help="time that a search gets for a set; its splits share it")
    parser.add_argument("--accounts", type=int, nargs="*", default=[2000, 14_000], help="sizes of the generated populations")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    given = parser.parse_args()
    condition = f"{os.cpu_count()} cores; a search gets {given.seconds:g} s for each set."
    parts = [condition + "\n"]
    with tempfile.TemporaryDirectory() as temporary:
        try:
            for part in reports(Path(temporary), given.accounts, given.seconds):
                print(part, flush=True)
                parts.append(part)
        except LastwordError as error:
            sys.exit(f"{error}; {min(given.accounts):,} accounts may be too few: --accounts 2000")
    if given.write:
        README.write_text(with_tables(README.read_text(encoding="utf-8"), "\n".join(parts)), encoding="utf-8")


def positive(text: str) -> float:
    """A number of seconds above 0."""
    number = float(text)
    if not number > 0:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    main()
