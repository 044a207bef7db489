"""Made-up multi-label tables, and which metrics take what."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from earmark.judging import metrics

FEW = settings(max_examples=40)


@st.composite
def multi(draw, least=1, most=12, labels=5):
    """Scores in quarters (so that many are tied) and any 0/1 truth."""
    rows, columns = draw(st.integers(least, most)), draw(st.integers(1, labels))

    def table(top):
        cells = st.lists(st.integers(0, top), min_size=rows * columns, max_size=rows * columns)
        return np.array(draw(cells)).reshape(rows, columns)

    return table(4) / 4, table(1).astype(np.int8)


def taken(metric, scores):
    """Return what the metric takes: scores, or the answers from 0.5 up."""
    return (scores >= 0.5).astype(np.int8) if metric in metrics.ANSWERED else scores


def named(metric):
    return metric.name
