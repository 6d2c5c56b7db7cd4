import numpy as np
import pytest
import torch
from torch import nn

from p3m.training.side_heads import fit_side_heads


def _network() -> tuple[nn.Sequential, nn.Conv2d]:
    head = nn.Conv2d(4, 3, 1)
    return nn.Sequential(nn.AvgPool2d(2), head), head


def _seen() -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of 8 by 6 whose classes depend on two of their four channels, not without noise."""
    features = torch.randn(5, 4, 4, 3)
    scores = torch.stack([features[:, 0], features[:, 1], torch.zeros(5, 4, 3)], dim=1)
    classes = (scores + torch.randn_like(scores)).argmax(dim=1, keepdim=True)
    return (
        features.repeat_interleave(2, 2).repeat_interleave(2, 3),
        classes.repeat_interleave(2, 2).repeat_interleave(2, 3),
    )


def test_heads_have_the_least_cross_entropy() -> None:
    network, head = _network()
    images, classes = _seen()

    def seen():
        for image, there in zip(images.split(2), classes.split(2), strict=True):
            network(image)
            yield there

    fit_side_heads([head], seen())
    features = images[:, :, ::2, ::2].permute(0, 2, 3, 1).reshape(-1, 4).numpy().astype(np.float64)
    truth = np.eye(3)[classes[:, 0, ::2, ::2].reshape(-1).numpy()]
    weight, bias = (value.detach().numpy().astype(np.float64) for value in head.parameters())
    powers = np.exp(features @ weight[:, :, 0, 0].T + bias)
    excess = powers / powers.sum(axis=1, keepdims=True) - truth
    slope = np.hstack([features, np.ones((len(features), 1))]).T @ excess / len(features)
    slope[:4] += 2 * 1e-4 * weight[:, :, 0, 0].T
    assert np.abs(slope).max() < 1e-4
    assert np.abs(weight).max() > 0.5


def test_heads_stay_where_nothing_reaches_them_or_looking_fails() -> None:
    network, head = _network()
    before = head.weight.detach().clone()
    fit_side_heads([head], iter([torch.zeros(1, 1, 8, 6, dtype=torch.int64)]))
    with pytest.raises(RuntimeError, match="9 channels"):
        fit_side_heads([head], (network(torch.zeros(1, 9, 8, 6)) for _ in range(1)))
    assert torch.equal(head.weight, before)
    assert not head._forward_pre_hooks
