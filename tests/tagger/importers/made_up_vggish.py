"""VGGish, eight or more times slimmer, with tensors drawn by chance, and what it then gives,
straight from the definition."""

from functools import cache

import numpy as np

PUBLISHED = {
    "features.0": (64, 1, 3, 3), "features.3": (128, 64, 3, 3), "features.6": (256, 128, 3, 3),
    "features.8": (256, 256, 3, 3), "features.11": (512, 256, 3, 3),
    "features.13": (512, 512, 3, 3),
    "embeddings.0": (4096, 12288), "embeddings.2": (4096, 4096), "embeddings.4": (128, 4096),
}  # fmt: skip
CHANNELS, DENSE = (1, 4, 8, 16, 16, 32, 32), (6 * 4 * 32, 64, 48, 128)
SHAPES = dict(zip(PUBLISHED, [
    (4, 1, 3, 3), (8, 4, 3, 3), (16, 8, 3, 3), (16, 16, 3, 3), (32, 16, 3, 3), (32, 32, 3, 3),
    (64, 768), (48, 64), (128, 48),
], strict=True))  # fmt: skip
TENSORFLOW = ("conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1",
              "conv4/conv4_2", "fc1/fc1_1", "fc1/fc1_2", "fc2")  # fmt: skip


@cache
def tensors():
    """As PyTorch's users name them."""
    rng = np.random.default_rng(3)
    made = {}
    for name, shape in SHAPES.items():
        scale = np.sqrt(2 / np.prod(shape[1:]))
        made[f"{name}.weight"] = rng.standard_normal(shape, np.float32) * np.float32(scale)
        made[f"{name}.bias"] = (0.1 * rng.standard_normal(shape[0])).astype(np.float32)
    return made


def as_tensorflow(tensors):
    """The same, named and laid out as in TensorFlow's checkpoint."""
    made = {}
    for theirs, ours in zip(TENSORFLOW, SHAPES, strict=True):
        weights = tensors[f"{ours}.weight"]
        made[f"vggish/{theirs}/weights"] = (
            weights.transpose(2, 3, 1, 0) if weights.ndim == 4 else weights.T
        )
        made[f"vggish/{theirs}/biases"] = tensors[f"{ours}.bias"]
    return made


def pca():
    rng = np.random.default_rng(4)
    return {"pca_eigen_vectors": rng.standard_normal((128, 128)).astype(np.float32),
            "pca_means": rng.standard_normal((128, 1)).astype(np.float32)}  # fmt: skip


def forward(tensors, row):
    """The embedding [shape=(128,)] of one row [shape=(96, 64)], in double precision."""
    sound = row.astype(np.float64)[None]  # (channels, time, band)
    for name in list(SHAPES)[:6]:
        sound = np.maximum(_convolved(sound, tensors, name), 0)
        if name not in ("features.6", "features.11"):
            channels, time, band = sound.shape
            sound = sound.reshape(channels, time // 2, 2, band // 2, 2).max(axis=(2, 4))
    values = sound.transpose(1, 2, 0).ravel()
    for name in list(SHAPES)[6:]:
        values = tensors[f"{name}.weight"].astype(np.float64) @ values + tensors[f"{name}.bias"]
        values = values if name == "embeddings.4" else np.maximum(values, 0)
    return values


def _convolved(sound, tensors, name):
    weights = tensors[f"{name}.weight"].astype(np.float64)
    padded = np.pad(sound, ((0, 0), (1, 1), (1, 1)))
    time, band = sound.shape[1:]
    made = sum(
        np.tensordot(weights[:, :, i, j], padded[:, i : i + time, j : j + band], 1)
        for i in range(3) for j in range(3)
    )  # fmt: skip
    return made + tensors[f"{name}.bias"].astype(np.float64)[:, None, None]
