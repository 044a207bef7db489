"""The networks of the musicnn package, written out as they are published, in double precision."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LABELS = 5
_PARTS = ("beta", "gamma", "moving_mean", "moving_variance")
_KERNELS = {
    "musicnn": {
        "conv2d": (7, 38, 1, 204), "conv2d_1": (7, 67, 1, 204), "conv2d_2": (128, 1, 1, 51),
        "conv2d_3": (64, 1, 1, 51), "conv2d_4": (32, 1, 1, 51), "conv2d_5": (7, 561, 1, 64),
        "conv2d_6": (7, 64, 1, 64), "conv2d_7": (7, 64, 1, 64), "dense": (1506, 200),
        "dense_1": (200, LABELS),
    },
    "vgg": {**{f"{k}CNN": (3, 3, 1 if k == 1 else 128, 128) for k in range(1, 6)},
            "dense": (256, LABELS)},
}  # fmt: skip
_NORMALISATIONS = {
    "musicnn": (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200), "vgg": (1, *[128] * 5),
}  # fmt: skip


def tensors(network, rng):
    """Tensors drawn by chance: a third of the normalisations turn what they are given round."""
    made = {}
    for name, shape in _KERNELS[network].items():
        width = np.sqrt(np.prod(shape[:-1]))
        made[f"{name}/kernel"] = rng.standard_normal(shape) / width
        made[f"{name}/bias"] = rng.standard_normal(shape[-1]) / 4
    for number, width in enumerate(_NORMALISATIONS[network]):
        sign = np.where(rng.random(width) < 1 / 3, -1, 1)
        values = rng.standard_normal(width), sign * rng.uniform(0.5, 1, width), (
            rng.standard_normal(width)), rng.uniform(0.2, 2, width)  # fmt: skip
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        made.update({f"{name}/{part}": v for part, v in zip(_PARTS, values, strict=True)})
    return {name: values.astype(np.float32) for name, values in made.items()}


def rows(rng, count):
    """Rows between silence and the loudest there is."""
    return rng.uniform(0, 8.8, (count, 187, 96)).astype(np.float32)


def musicnn(given, rows):
    """Scores, the layer before the last, and what it is given, for rows [shape=(n, 187, 96)]."""
    net = {name: values.astype(np.float64) for name, values in given.items()}
    sound = _normal(net, 0, rows[..., None].astype(np.float64))
    front = [
        _layer(net, np.pad(sound, [(0, 0), pads, (0, 0), (0, 0)]), name, k + 1).max(axis=2)
        for k, (name, pads) in enumerate((
            ("conv2d", (3, 3)), ("conv2d_1", (3, 3)), ("conv2d_2", (63, 64)),
            ("conv2d_3", (31, 32)), ("conv2d_4", (15, 16)),
        ))
    ]  # fmt: skip
    features = [np.concatenate(front, axis=2)]
    for k in (5, 6, 7):
        padded = np.pad(features[-1], [(0, 0), (3, 3), (0, 0)])[..., None]
        made = _layer(net, padded, f"conv2d_{k}", k + 1)[:, :, 0]
        features.append(made + features[-1] if k > 5 else made)
    every = np.concatenate(features, axis=2)
    pooled = np.stack([every.max(axis=1), every.mean(axis=1)], axis=2).reshape(len(rows), -1)
    hidden = np.maximum(_dense(net, _normal(net, 9, pooled), "dense"), 0)
    embedding = _normal(net, 10, hidden)
    return _sigmoid(_dense(net, embedding, "dense_1")), embedding, pooled


def vgg(given, rows):
    """Scores and the last pooling for rows [shape=(n, 187, 96)]."""
    net = {name: values.astype(np.float64) for name, values in given.items()}
    sound = _normal(net, 0, rows[..., None].astype(np.float64))
    for k, (size, step) in enumerate([((4, 1), 2), *[((2, 2), 2)] * 3, ((4, 4), 4)], 1):
        padded = np.pad(sound, [(0, 0), (1, 1), (1, 1), (0, 0)])
        windows = sliding_window_view(_layer(net, padded, f"{k}CNN", k), size, axis=(1, 2))
        sound = windows[:, ::step, ::step].max(axis=(-2, -1))
    embedding = sound.reshape(len(rows), -1)
    return _sigmoid(_dense(net, embedding, "dense")), embedding


def convolved(values, kernel):
    """Values [shape=(n, time, bands, inputs)] by [shape=(time, bands, inputs, outputs)]."""
    windows = sliding_window_view(values, kernel.shape[:2], axis=(1, 2))
    return np.tensordot(windows, kernel.transpose(2, 0, 1, 3), 3)


def _layer(net, values, name, normal):
    made = convolved(values, net[f"{name}/kernel"]) + net[f"{name}/bias"]
    return _normal(net, normal, np.maximum(made, 0))


def _normal(net, number, values):
    name = f"batch_normalization_{number}" if number else "batch_normalization"
    beta, gamma, mean, variance = (net[f"{name}/{part}"] for part in _PARTS)
    return gamma * (values - mean) / np.sqrt(variance + 1e-3) + beta


def _dense(net, values, name):
    return values @ net[f"{name}/kernel"] + net[f"{name}/bias"]


def _sigmoid(values):
    return 1 / (1 + np.exp(-values))
