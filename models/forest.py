"""Many small trees on many rows: what LightGBM predicts, to the last bit, an order of magnitude sooner.

Each distinct question that trees ask (a column, a threshold, where unknown goes) is answered once for all rows, as packed
bits; by whole words of these the rows come to one of the eight leaves of a tree of depth three; and a row's leaves are added
up tree by tree, in LightGBM's order, so that nobody can tell which of the two did it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Bits = NDArray[np.uint8]

WORTH_IT = 4_000
"""Rows from which a forest is quicker: the 7,680 trees of 32 refits take it half a second to read, LightGBM 0.2 ms a row."""
NODES, LEAVES = 7, 8
"""Of a complete tree of depth three: node n leads to 2n + 1 and 2n + 2, the last four to the leaves."""
ROWS, TREES = 1 << 15, 8
"""At a time: what is made of them stays in a processor's own cache."""
NOBODY = -1
"""A question that all rows answer by no: of the nodes below a leaf."""
CATEGORICAL, DEFAULT_LEFT, MISSING = 1, 2, 12
"""Bits of LightGBM's decision_type."""
NOUGHT = float(np.float32(1e-35))
AS_ZERO, AS_UNKNOWN = 0, 8
"""What the bits MISSING may say: a null is 0, or goes where DEFAULT_LEFT says. That 0 is a null none of our models says."""


class Question(NamedTuple):
    """Whether a column is above a threshold. `null` is its answer where unknown; None: as 0 would answer."""

    column: int
    threshold: float
    null: bool | None


@dataclass(frozen=True)
class Forest:
    """Boosters on the same columns.

    Attributes
    ----------
    boosters
        How many there are.
    questions
        Each distinct one that any of their trees asks.
    booster
        Per tree, the place of its booster; the trees of a booster in its order.
    asked
        Per tree, a row, the places among the questions of its seven nodes; NOBODY below a leaf.
    values
        Per tree, a row, its eight leaves.
    """

    boosters: int
    questions: tuple[Question, ...]
    booster: NDArray[np.intp]
    asked: NDArray[np.intp]
    values: Floats

    def predict(self, matrix: NDArray[np.floating]) -> Floats:
        """Log-odds: a row per row of `matrix`, NaN where unknown, and a column per booster."""
        logit = np.empty((len(matrix), self.boosters))
        for start in range(0, len(matrix), ROWS):
            part = matrix[start : start + ROWS]
            logit[start : start + ROWS] = self._sums(self._answers(part), len(part)).T
        return logit

    def _answers(self, matrix: NDArray[np.floating]) -> Bits:
        """A row of bits per question, eight of the matrix's rows to a byte; the last row is NOBODY's."""
        columns = np.asfortranarray(matrix, dtype=np.float64)
        answers = np.zeros((len(self.questions) + 1, -(-len(matrix) // 8)), dtype=np.uint8)
        for row, (column, threshold, null) in zip(answers, self.questions, strict=False):
            values = columns[:, column]
            yes_if_null = threshold < 0 if null is None else null
            row[:] = np.packbits(~(values <= threshold) if yes_if_null else values > threshold)
        return answers

    def _sums(self, answers: Bits, rows: int) -> Floats:
        """A row per booster."""
        sums, found = np.zeros((self.boosters, rows)), np.empty(rows)
        for start in range(0, len(self.values), TREES):
            for tree, leaves in enumerate(leaves_reached(answers, self.asked[start : start + TREES], rows), start):
                np.take(self.values[tree], leaves, out=found, mode="clip")  # the other modes go through a buffer
                sums[self.booster[tree]] += found
        return sums


def leaves_reached(answers: Bits, asked: NDArray[np.intp], rows: int) -> Bits:
    """The leaf that each row (a column) comes to in each tree (a row): 0 to 7, the bits of which are the three answers."""
    first = answers[asked[:, :1]]
    no, yes = answers[asked[:, [1, 3, 4]]], answers[asked[:, [2, 5, 6]]]
    after = no ^ (first & (no ^ yes))  # the second answer; the third, had the second been no, and had it been yes
    second, if_no, if_yes = after[:, 0], after[:, 1], after[:, 2]
    leaves = np.unpackbits(first[:, 0], axis=1, count=rows)
    for answer in (second, if_no ^ (second & (if_no ^ if_yes))):
        leaves += leaves
        leaves += np.unpackbits(answer, axis=1, count=rows)
    return leaves


@dataclass(frozen=True)
class Tree:
    """A tree filled up to depth three: its questions (None below a leaf) and the value of each of its eight leaves."""

    questions: tuple[Question | None, ...]
    values: tuple[float, ...]


class TooLargeError(ValueError):
    """A tree deeper than three, or one with questions of another kind."""


def forest_of(models: Sequence[str]) -> Forest | None:
    """The boosters that these texts hold, as LightGBM writes them; None where any has trees that a Forest can't hold."""
    try:
        boosters = [[complete(fields) for fields in trees_of(model)] for model in models]
    except TooLargeError:
        return None
    trees = [tree for booster in boosters for tree in booster]
    distinct = dict.fromkeys(question for tree in trees for question in tree.questions if question is not None)
    places: dict[Question | None, int] = {None: NOBODY} | {question: place for place, question in enumerate(distinct)}
    return Forest(
        boosters=len(boosters),
        questions=tuple(distinct),
        booster=np.repeat(np.arange(len(boosters)), [len(booster) for booster in boosters]),
        asked=np.array([[places[question] for question in tree.questions] for tree in trees]).reshape(-1, NODES),
        values=np.array([tree.values for tree in trees]).reshape(-1, LEAVES),
    )


def trees_of(model: str) -> Iterator[dict[str, list[str]]]:
    """The fields of each tree of a LightGBM model's text, as they stand in it."""
    trees, _, _ = model.partition("\nend of trees")
    for text in trees.split("\nTree=")[1:]:
        yield {name: values.split() for name, _, values in (line.partition("=") for line in text.splitlines())}


def complete(fields: dict[str, list[str]]) -> Tree:
    """The tree of these fields, filled up."""
    if fields.get("is_linear", ["0"]) != ["0"]:
        raise TooLargeError
    questions: list[Question | None] = [None] * NODES
    values = [0.0] * LEAVES
    todo = [(0 if fields.get("left_child") else -1, 0)]
    while todo:
        node, place = todo.pop()
        if node < 0:
            first, last = leaves_below(place)
            values[first:last] = [float(fields["leaf_value"][~node])] * (last - first)
        elif place >= NODES:
            raise TooLargeError
        else:
            questions[place] = question(fields, node)
            todo += [(int(fields[f"{side}_child"][node]), 2 * place + turn) for side, turn in (("left", 1), ("right", 2))]
    return Tree(tuple(questions), tuple(values))


def leaves_below(place: int) -> tuple[int, int]:
    """The first leaf below a place of the complete tree, and the one after its last."""
    first, last = place, place
    while first < NODES:
        first, last = 2 * first + 1, 2 * last + 2
    return first - NODES, last - NODES + 1


def question(fields: dict[str, list[str]], node: int) -> Question:
    """What a node asks."""
    kind = int(fields["decision_type"][node])
    missing = kind & MISSING
    if kind & CATEGORICAL or missing not in (AS_ZERO, AS_UNKNOWN):
        raise TooLargeError
    null = None if missing == AS_ZERO else not kind & DEFAULT_LEFT
    return Question(int(fields["split_feature"][node]), beside_nought(float(fields["threshold"][node])), null)


def beside_nought(threshold: float) -> float:
    """The threshold by which numbers that LightGBM reads as 0, those within NOUGHT of it, answer as 0 does."""
    if abs(threshold) > NOUGHT:
        return threshold
    return NOUGHT if threshold >= 0 else float(np.nextafter(-NOUGHT, -1.0))
