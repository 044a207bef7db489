import pytest
from tests.lab.tuning.worked import Counted

from earmark.errors import DataError
from earmark.lab import choose
from earmark.lab.tuning.scoring import Folds, running

# The first 3 of 12 tracks are right; three folds hold out every third track.
_ONE = [1 / 4, 2 / 8, 3 / 12]


def test_the_score_so_far_is_told_after_every_fold(neighbours):
    bench = Counted.of()
    assert [*running(bench, neighbours(n_neighbors=3), Folds(3))] == pytest.approx(_ONE)
    # 4 right: two in the first fold.
    assert [*running(bench, neighbours(n_neighbors=4), Folds(3))] \
        == pytest.approx([2 / 4, 3 / 8, 4 / 12])


def test_repeats_are_averaged_and_have_seeds_of_their_own(neighbours):
    bench = Counted.of()
    found = [*running(bench, neighbours(n_neighbors=4), Folds(3, repeats=2, seed=5))]
    whole = 4 / 12
    expected = [2 / 4, 3 / 8, whole, (whole + 2 / 4 / 3) / (4 / 3),
                (whole + 3 / 8 * 2 / 3) / (5 / 3), whole]
    assert found == pytest.approx(expected)
    assert [seed for _, seed in bench.fitted] == [5, 5, 5, 6, 6, 6]


def test_scores_of_several_labels_are_areas(neighbours):
    """With all tracks told right every area is 1; a fold of one label alone has none."""
    assert [*running(Counted.of("multi"), neighbours(n_neighbors=12), Folds(3))] == [1.0, 1.0, 1.0]
    assert [*running(Counted.of("multi"), neighbours(n_neighbors=12), Folds(2))] == [None, 1.0]


def test_the_last_score_is_that_of_evaluate(neighbours, sample_root):
    recipe = neighbours(n_neighbors=3)
    bench = choose.bench([recipe], sample_root, lambda _: None)
    judged, = choose.judge(bench, [recipe], folds=2, repeats=2, seed=1)
    *_, last = running(bench, recipe, Folds(2, repeats=2, seed=1))
    assert last == pytest.approx(judged.value)


def test_what_cannot_be_fitted_is_said(neighbours):
    with pytest.raises(DataError, match="too heavy"):
        next(running(Counted.of(), neighbours(n_neighbors=9), Folds(3)))
