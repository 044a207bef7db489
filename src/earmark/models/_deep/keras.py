"""What a network of Keras begins with and PyTorch does not, for networks published with Keras.

Glorot's uniform weights and offsets of 0; recurrent weights that are orthogonal and a forget gate
that begins open (offset 1); batch normalisation with an epsilon of .001 and a momentum of .99,
which PyTorch calls .01. Keras' LSTM has one offset where PyTorch's has two that are added: the
second stays 0.
"""

from __future__ import annotations

from typing import TypeVar

from torch import nn

M = TypeVar("M", bound=nn.Module)


def begun_as_keras(network: M) -> M:
    """Give a network's layers what Keras would, and return it."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.eps, layer.momentum = 1e-3, 0.01
        elif isinstance(layer, nn.LSTM):
            _begin(layer)
    return network


def _begin(layer: nn.LSTM) -> None:
    for name, values in layer.named_parameters():
        if name.startswith("weight"):
            first = nn.init.xavier_uniform_ if "_ih_" in name else nn.init.orthogonal_
            first(values)
        else:
            nn.init.zeros_(values)
        if name.startswith("bias_ih"):
            nn.init.ones_(values.data[layer.hidden_size : 2 * layer.hidden_size])
        if name.startswith("bias_hh"):
            values.requires_grad_(False)
