import numpy as np
import pytest
from tests.tagger.importers import networks

from earmark.graphs.session import Session
from earmark.graphs.writer import Graph
from earmark.tagger.importers import _winograd_time as winograd


@pytest.mark.parametrize(("frames", "bands", "height"), [
    (12, 3, 1), (13, 5, 5), (187, 20, 7), (1, 4, 2), (6, 4, 3),
])  # fmt: skip
def test_equals_the_convolution(frames, bands, height):
    rng = np.random.default_rng(frames)
    rows = rng.standard_normal((2, bands, frames)).astype(np.float32)
    kernel = rng.standard_normal((7, height, 3))
    graph = Graph((bands, frames), extra="import")
    sound = graph.add("Unsqueeze", graph.rows, graph.constant([1], np.int64))
    points = winograd.to_points(graph, sound, frames)
    top = winograd.highest(graph, points, kernel, bands, frames)
    content = graph.content(graph.add("Flatten", top), 3 * frames)
    found = Session(content, "made up").run(rows)[0].reshape(2, 3, frames)
    values = np.pad(rows.transpose(0, 2, 1), [(0, 0), (3, 3), (0, 0)])[..., None]
    expected = networks.convolved(values, kernel[:, :, None]).max(axis=2).transpose(0, 2, 1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
