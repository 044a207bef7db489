"""A recipe of neighbours to search from."""

import dataclasses

import pytest

from earmark.lab import recipe as recipes


@pytest.fixture(scope="session")
def neighbours():
    """Return a function that makes a recipe of the nearest neighbours on GTZAN's table."""
    whole = recipes.read("gtzan57-logistic")

    def make(**model):
        branch = dataclasses.replace(whole.branches[0], source="table",
                                     model={"name": "classical:knn", **model})
        return dataclasses.replace(whole, name="near", branches=(branch,))

    return make
