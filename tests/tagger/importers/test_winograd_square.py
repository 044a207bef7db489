import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from tests.tagger.importers import networks

from earmark.graphs.session import Session
from earmark.graphs.writer import Graph
from earmark.tagger.importers import _winograd_square as winograd


@pytest.mark.parametrize("size", [(9, 9), (79, 47), (39, 23), (3, 3), (4, 10)])
def test_equals_the_convolution_and_pooling(size):
    rng = np.random.default_rng(size[0])
    rows = rng.standard_normal((2, 3, *size)).astype(np.float32)
    kernel = rng.standard_normal((3, 3, 3, 5))
    graph = Graph((3, *size), extra="import")
    top = winograd.highest(graph, graph.rows, kernel, size)
    values = np.pad(rows.transpose(0, 2, 3, 1), [(0, 0), (1, 0), (1, 0), (0, 0)])
    made = sliding_window_view(networks.convolved(values, kernel), (2, 2), axis=(1, 2))
    expected = made[:, ::2, ::2].max(axis=(-2, -1)).transpose(0, 3, 1, 2)
    content = graph.content(graph.add("Flatten", top), expected[0].size)
    found = Session(content, "made up").run(rows)[0].reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=1e-4)
