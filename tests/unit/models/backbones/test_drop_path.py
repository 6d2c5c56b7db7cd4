from itertools import chain

import pytest
import torch

from p3m.models.backbones.drop_path import DropPath, depth_rates
from p3m.training.seeding import seed_initial_weights


def test_whole_samples_are_dropped_and_the_others_scaled_up() -> None:
    dropped = DropPath(0.25).train()(torch.ones(4000, 3, 2))
    samples = dropped[:, 0, 0]
    assert torch.equal(dropped, samples[:, None, None].expand_as(dropped))
    assert samples.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert float((samples == 0).float().mean()) == pytest.approx(0.25, abs=0.03)  # 4 deviations


def test_the_same_seed_drops_the_same_samples() -> None:
    def dropped() -> torch.Tensor:
        seed_initial_weights(5)
        return DropPath(0.5).train()(torch.ones(64, 1))

    assert torch.equal(dropped(), dropped())


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True)])
def test_nothing_is_dropped_in_eval_mode_or_at_rate_zero(rate: float, training: bool) -> None:
    branch = torch.randn(8, 2)
    assert torch.equal(DropPath(rate).train(training)(branch), branch)


def test_a_dropped_branch_gets_no_gradient() -> None:
    branch = torch.ones(64, 2, requires_grad=True)
    out = DropPath(0.5).train()(branch)
    out.sum().backward()
    assert torch.equal(branch.grad == 0, out == 0)


def test_rates_grow_with_depth_through_all_stages() -> None:
    rates = depth_rates(0.2, (2, 2, 6, 2))
    assert [len(stage) for stage in rates] == [2, 2, 6, 2]
    assert list(chain(*rates)) == pytest.approx([0.2 * index / 11 for index in range(12)])


def test_one_block_alone_is_never_dropped() -> None:
    assert depth_rates(0.2, (1,)) == [[0.0]]
