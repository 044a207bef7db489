import pytest

from earmark.features.gtzan57 import COLUMNS
from earmark.lab.explain.columns import family, group, grouped


def test_the_57_features_are_29_curves_of_six_kinds():
    families, groups = grouped(COLUMNS)
    assert {name: len(its) for name, its in families.items()} == {
        "mfcc": 40, "spectral": 8, "chroma": 2, "level": 2, "parts": 4, "rhythm": 1}
    assert len(groups) == 29
    assert groups["mfcc7"] == ["mfcc7_mean", "mfcc7_var"]


def test_each_column_is_in_one_family_and_one_group():
    columns = [f"e{k}" for k in range(1, 129)]
    families, groups = grouped(columns)
    assert families == {"e": columns}
    assert len(groups) == 64
    assert groups["e1 to e2"] == ["e1", "e2"]
    assert [c for its in groups.values() for c in its] == columns


@pytest.mark.parametrize(("column", "its_group", "its_family"), [
    ("spectral_contrast_kurtosis_03", "spectral_contrast_03", "spectral"),
    ("var", "var", "var"), ("12", "12", "12"), ("energy", "energy", "energy"),
])  # fmt: skip
def test_names_are_never_empty(column, its_group, its_family):
    assert (group(column), family(column)) == (its_group, its_family)
