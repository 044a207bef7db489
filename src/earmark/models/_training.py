"""How a network is trained, as settings that a recipe can name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from earmark.errors import DataError

Optimiser = Literal["adamw", "adam", "sgd"]
Schedule = Literal["one_cycle", "cosine", "constant"]
Loss = Literal["cross_entropy", "focal"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Training:
    """Gradient descent.

    Attributes:
        epochs: passes over the rows, or as many draws as there are rows where they are balanced.
        batch_size: rows a forward pass.
        accumulate: batches whose gradients are summed for one step.
        optimiser: ``adamw`` (Loshchilov & Hutter 2019), ``adam``, or ``sgd`` with Nesterov's
            momentum of 0.9.
        learning_rate: the highest; ``find`` to look for it before training (Smith 2017).
        schedule: ``one_cycle`` (Smith & Topin 2018: up for 30 % of the steps, then down to
            almost nothing), ``cosine`` down to nothing, or ``constant``.
        weight_decay: of all weights.
        clip: largest norm of all gradients together; None to leave them.
        loss: ``cross_entropy`` (a binary one a label where labels are several) or ``focal`` (Lin
            et al. 2017), which cares less for what is already right.
        focal: the exponent of ``focal``.
        label_smoothing: share of the truth that is spread over all labels.
        weights: ``balanced`` to let every label weigh the same: classes against one another, or,
            where labels are several, a label's positives against its negatives.
        most_weight: largest such weight, for labels borne by next to none; the least is 1 over it.
        sampling: ``balanced`` to draw rows so that labels come about equally often.
        patience: epochs without a better loss on the valid rows after which training ends and the
            best epoch's weights are taken; None to train to the end and take the last.
        holdout: share of groups (artists) held out as valid rows where none are given and
            ``patience`` needs them.
        precision: of the arithmetic in training; ``auto``: bf16 on GPUs that have it, else fp32.
        device: ``auto`` for a GPU where there is one, or as PyTorch names it: cpu, cuda:1, mps.
        channels_last: the order of values in memory that some processors convolve faster in.
        compile: let ``torch.compile`` make the network faster first, which takes a minute or more.
        workers: processes that load batches; 0 for this one.
    """

    epochs: int = 30
    batch_size: int = 32
    accumulate: int = 1
    optimiser: Optimiser = "adamw"
    learning_rate: float | Literal["find"] = 0.001
    schedule: Schedule = "one_cycle"
    weight_decay: float = 0.01
    clip: float | None = None
    loss: Loss = "cross_entropy"
    focal: float = 2.0
    label_smoothing: float = 0.0
    weights: Literal["none", "balanced"] = "none"
    most_weight: float = 50.0
    sampling: Literal["shuffled", "balanced"] = "shuffled"
    patience: int | None = None
    holdout: float = 0.15
    precision: Precision = "auto"
    device: str = "auto"
    channels_last: bool = False
    compile: bool = False
    workers: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulate", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"'{name}' is {value}; expected 1 or more.")
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not value > 0:
                raise ValueError(f"'{name}' is {value}; expected above 0.")
        if not self.most_weight >= 1:
            raise ValueError(f"'most_weight' is {self.most_weight}; expected 1 or more: the least "
                             "is 1 over it.")
        for name in ("weight_decay", "focal", "workers"):
            if getattr(self, name) < 0:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 0 or above.")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"'label_smoothing' is {self.label_smoothing}; expected 0 to below 1.")
        if not 0 < self.holdout < 1:
            raise ValueError(f"'holdout' is {self.holdout}; expected between 0 and 1.")
        self._refuse_idle()

    def _refuse_idle(self) -> None:
        usual = {field.name: field.default for field in fields(self)}
        for name, used, needed in (
            ("focal", self.loss == "focal", "loss = \"focal\""),
            ("most_weight", self.weights == "balanced", "weights = \"balanced\""),
            ("holdout", self.patience is not None, "'patience'"),
        ):
            value = getattr(self, name)
            if value != usual[name] and not used:
                raise ValueError(f"'{name}' is {value}, which does nothing without {needed}: set "
                                 "that, too, or leave it out.")


def as_published(
    epochs: int, batch_size: int, optimiser: Optimiser = "adam", weight_decay: float = 0.0
) -> Training:
    """Return the training that papers' and courses' networks get where nothing else is said: a
    constant rate of .001 to the last epoch, whose weights are taken."""
    return Training(epochs=epochs, batch_size=batch_size, optimiser=optimiser, schedule="constant",
                    weight_decay=weight_decay)


@dataclass(frozen=True)
class Augment:
    """What training does to rows so that no two epochs show the same.

    Everything is drawn for each example apart. What is masked takes the mean of its band.

    Attributes:
        time_masks: stretches of time masked (SpecAugment, Park et al. 2019).
        time_share: longest such stretch, as a share of the row's length.
        band_masks: runs of bands masked.
        band_share: longest such run, as a share of the bands.
        mask_probability: that an example is masked at all.
        mixup: the Beta distribution's parameter (Zhang et al. 2018); 0 for none.
        cutmix: likewise, of a stretch of time put in from another example (Yun et al. 2019, over
            time alone). With both, each batch gets one of them, by chance.
        noise: standard deviation of Gaussian noise added, in those of the row's bands or columns.
        shift: rows of a picture, or bands, that it is moved up or down by at most: a change of key.
        flip_time: probability of playing the picture backwards; of use for textures at most.
    """

    time_masks: int = 0
    time_share: float = 0.1
    band_masks: int = 0
    band_share: float = 0.1
    mask_probability: float = 1.0
    mixup: float = 0.0
    cutmix: float = 0.0
    noise: float = 0.0
    shift: int = 0
    flip_time: float = 0.0

    def __post_init__(self) -> None:
        for name in ("time_masks", "band_masks", "mixup", "cutmix", "noise", "shift"):
            if getattr(self, name) < 0:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 0 or above.")
        for name in ("time_share", "band_share", "mask_probability", "flip_time"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 0 to 1.")

    def refuse_idle(self, shape: tuple[int, ...]) -> None:
        """Refuse what rows of a shape have no place for.

        Raises:
            DataError: names the setting.
        """
        of_pictures = ("time_masks", "band_masks", "cutmix", "shift", "flip_time")
        idle = [name for name in of_pictures if getattr(self, name)]
        if len(shape) == 1 and idle:
            raise DataError(f"'{idle[0]}' is {getattr(self, idle[0])}, but the features are rows "
                            f"of numbers, which have no time or bands; leave '{idle[0]}' out.")
        if len(shape) > 1 and self.shift >= shape[-2]:
            raise DataError(f"'shift' is {self.shift}, but a picture is {shape[-2]} high: nothing "
                            "of it would be left; expected fewer.")

    @property
    def mixes(self) -> bool:
        """Whether examples are mixed with one another."""
        return self.mixup > 0 or self.cutmix > 0
