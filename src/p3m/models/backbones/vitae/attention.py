"""Attention among all tokens of a map by random features."""

from math import sqrt

import torch
from torch import Tensor, nn

from p3m.models.layers import no_autocast

NORM_EPS = 1e-6
_INVERSE_EPS = 1e8


class KernelAttention(nn.Module):
    r"""Attention whose cost grows with the number of tokens, not with its square; one head.

    Choromanski et al., "Rethinking Attention with Performers", ICLR 2021: the exponential of a
    scalar product is estimated by m positive random features, here half as many as channels:

    .. math::
        \phi(x) = \frac{1}{\sqrt{m}} \exp(W x - \tfrac{1}{2} |x|^2), \quad
        y_i = \frac{\sum_j \phi(q_i) \cdot \phi(k_j)\, v_j}
                   {\sum_j \phi(q_i) \cdot \phi(k_j) + 10^{-8}}

    The rows of W are orthogonal and of length :math:`\sqrt{m}`. Single precision at least, for
    an exponential may exceed what half precision can hold. Attributes are named as in the published
    weights.

    Args:
        channels: Channels of a token.
        seed: Decides W.

    Attributes:
        kqv: Makes keys, queries and values, in this order.
        proj: Mixes what was found.
        norm1: Part of the published weights, never run.

    Note:
        The released code draws W anew, unseeded, whenever the network is built, and its files do
        not hold it: its results differ from run to run. Here W is the same every time.
    """

    directions: Tensor

    def __init__(self, channels: int, *, seed: int) -> None:
        super().__init__()
        self.kqv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        # Without gradients, for processes that train together wait for those of all the rest.
        self.norm1 = nn.LayerNorm(channels, eps=NORM_EPS).requires_grad_(requires_grad=False)
        self.register_buffer("directions", _directions(channels, seed), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (B, N, channels)."""
        key, query, value = self.kqv(tokens).chunk(3, dim=-1)
        with no_autocast(tokens.device.type):
            found = self._attend(*(part.to(self.directions.dtype) for part in (key, query, value)))
        out: Tensor = self.proj(found.to(tokens.dtype))
        return out

    def _attend(self, key: Tensor, query: Tensor, value: Tensor) -> Tensor:
        key, query = self._features(key), self._features(query)
        found = query @ (key.transpose(1, 2) @ value)
        total = query @ key.sum(dim=1).unsqueeze(-1)
        # found / (total + 1e-8): the exporter to ONNX would take so small a summand for zero.
        return found * _INVERSE_EPS / (total * _INVERSE_EPS + 1.0)

    def _features(self, tokens: Tensor) -> Tensor:
        length = tokens.square().sum(dim=-1, keepdim=True) / 2
        return torch.exp(tokens @ self.directions.T - length) / sqrt(self.directions.shape[0])


def _directions(channels: int, seed: int) -> Tensor:
    count = channels // 2
    drawn = torch.empty(count, channels, device="cpu")  # for networks built on "meta" too
    generator = torch.Generator().manual_seed(seed)
    nn.init.orthogonal_(drawn, gain=sqrt(count), generator=generator)
    return drawn
