"""General names at the root are a hazard: no other installed distribution may provide one of ours."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOT_NAMES = ("lastword", "features", "models", "overrides", "flows", "expectations", "notebooks", "benchmarks", "tests")


@pytest.mark.parametrize("name", ROOT_NAMES)
def test_no_other_distribution_provides_our_root_name(name):
    others = set(packages_distributions().get(name, ())) - {"lastword"}
    assert not others, f"{name} also comes from {', '.join(sorted(others))}"


@pytest.mark.parametrize("name", ROOT_NAMES[:6])
def test_our_root_names_are_those_of_this_checkout(name):
    module = __import__(name)
    assert Path(module.__path__[0]).resolve() == ROOT / name
