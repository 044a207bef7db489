"""skorch's nets, made to take batches that come ready, on one device or through accelerate."""

from __future__ import annotations

from typing import Any

from skorch import NeuralNet
from skorch.hf import AccelerateMixin

Groups = list[dict[str, Any]]


class Net(NeuralNet):  # type: ignore[misc]
    """skorch's loop over batches that come ready, with gradients summed over several."""

    accumulate = 1
    loaders: tuple[Any, Any] = (None, None)
    groups: Groups

    def initialize_optimizer(self, *_: Any, **__: Any) -> Any:
        self.optimizer_ = self.optimizer(self.groups, lr=self.lr)
        return self

    def get_split_datasets(self, X: Any, y: Any = None, **_: Any) -> Any:  # noqa: N803
        return self.loaders

    def get_iterator(self, dataset: Any, training: bool = False) -> Any:
        return dataset

    def check_data(self, X: Any, y: Any = None) -> None:  # noqa: N803
        pass

    def train_step(self, batch: Any, **_: Any) -> dict[str, Any]:
        # In place of skorch's closure: a step is taken once in ``accumulate`` batches.
        step: dict[str, Any] = self.train_step_single(batch)
        if self._steps_now():
            self.notify("on_grad_computed", named_parameters=(), batch=batch, training=True)
            self._step_optimizer(lambda: step["loss"])
            self._zero_grad_optimizer()
        return step

    def _steps_now(self) -> bool:
        begun = self._batches_begun()
        return begun % self.accumulate == 0 or begun == len(self.loaders[0].loader)

    def _together(self) -> int:
        """Return how many batches the step has to which this one belongs; the last may have few."""
        before = (self._batches_begun() - 1) // self.accumulate * self.accumulate
        return min(self.accumulate, len(self.loaders[0].loader) - before)

    def _batches_begun(self) -> int:
        return len(self.history[-1]["batches"])  # skorch adds one before each

    def train_step_single(self, batch: Any, **_: Any) -> dict[str, Any]:
        self._set_training(True)
        rows, truth = batch
        logits = self.infer(rows)
        loss = self.get_loss(logits, truth, X=rows, training=True)
        self._backward(loss / self._together())
        return {"loss": loss.detach(), "y_pred": logits.detach()}

    def _backward(self, loss: Any) -> None:
        loss.backward()


class Accelerated(AccelerateMixin, Net):  # type: ignore[misc]
    """The same in fewer bits, or on several devices, through accelerate."""

    def train_step(self, batch: Any, **_: Any) -> dict[str, Any]:
        return Net.train_step(self, batch)

    def train_step_single(self, batch: Any, **_: Any) -> dict[str, Any]:
        with self.accelerator.autocast():
            return Net.train_step_single(self, batch)

    def validation_step(self, batch: Any, **_: Any) -> Any:
        from accelerate.utils import send_to_device

        with self.accelerator.autocast():
            return super().validation_step(send_to_device(batch, self.accelerator.device))

    def get_iterator(self, dataset: Any, training: bool = False) -> Any:
        return dataset

    def _initialize_accelerator(self) -> Any:
        # skorch would have the loss learnt by all processes together, too, but it learns nothing,
        # which PyTorch refuses.
        kept: list[str] = vars(self)["_criteria"]
        self._criteria = []
        super()._initialize_accelerator()
        self._criteria = kept
        self.criterion_.to(self.accelerator.device)
        return self

    def _backward(self, loss: Any) -> None:
        self.accelerator.backward(loss)
