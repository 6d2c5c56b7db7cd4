from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from p3m.core.errors import ShapeError
from p3m.losses.alpha import alpha_l1
from p3m.losses.composition import composition_loss
from p3m.losses.laplacian import laplacian_loss
from p3m.losses.objective import GFM, PAPER, RELEASED, MattingTarget, P3MObjective
from p3m.losses.semantic import trimap_cross_entropy
from support.gradcheck import assert_gradient
from support.references import losses as reference


@dataclass
class Output:
    global_logits: Tensor
    local_alpha: Tensor
    alpha: Tensor
    side_logits: tuple[Tensor, ...] = ()


@pytest.fixture
def target() -> MattingTarget:
    alpha = torch.rand(2, 1, 16, 16)
    foreground, background = torch.rand(2, 2, 3, 16, 16).unbind()
    return MattingTarget(
        alpha=alpha,
        trimap=torch.randint(3, (2, 1, 16, 16)),
        image=background + alpha * (foreground - background),
        foreground=foreground,
        background=background,
    )


@pytest.fixture
def output() -> Output:
    local_alpha, alpha = torch.rand(2, 2, 1, 16, 16).unbind()
    logits = torch.randn(4, 2, 3, 16, 16)
    leaves = [x.requires_grad_() for x in (logits[0].clone(), local_alpha.clone(), alpha.clone())]
    return Output(*leaves, tuple(x.clone().requires_grad_() for x in logits[1:]))


def test_total_is_the_papers_weighted_sum(output: Output, target: MattingTarget) -> None:
    assert target.foreground is not None
    assert target.background is not None
    transition = (target.trimap == 1).float()
    sides = sum(trimap_cross_entropy(side, target.trimap) for side in output.side_logits)
    local = alpha_l1(output.local_alpha, target.alpha, transition)
    local = local + laplacian_loss(output.local_alpha, target.alpha, transition)
    fused = alpha_l1(output.alpha, target.alpha) + laplacian_loss(output.alpha, target.alpha)
    composed = composition_loss(output.alpha, target.foreground, target.background, target.image)
    semantic = trimap_cross_entropy(output.global_logits, target.trimap)
    expected = (sides + 3 * semantic) / 6 + 2 * local + 3 * fused + composed
    torch.testing.assert_close(P3MObjective()(output, target).total, expected)


def test_parts_are_before_their_weights_and_cut_from_the_graph(
    output: Output, target: MattingTarget
) -> None:
    weights = P3MObjective(side=1, semantic=1, local=1, fused=1, composition=1)
    terms = weights(output, target)
    assert sum(terms.parts.values()) == pytest.approx(terms.total.item())
    assert not any(part.requires_grad for part in terms.parts.values())
    doubled = replace(weights, fused=2)(output, target)
    assert doubled.parts == terms.parts


def test_next_to_nothing_at_perfection(target: MattingTarget) -> None:
    logits = 1e3 * torch.nn.functional.one_hot(target.trimap[:, 0], 3).permute(0, 3, 1, 2).float()
    perfect = Output(logits, target.alpha, target.alpha, (logits, logits))
    # Each smooth L1 costs its eps of 1e-6, times the weights 2 and 3, and three for the colours.
    assert P3MObjective()(perfect, target).total.item() == pytest.approx(8e-6, rel=0.1)


def test_every_output_gets_a_gradient(output: Output, target: MattingTarget) -> None:
    P3MObjective()(output, target).total.backward()
    for tensor in (output.global_logits, output.local_alpha, output.alpha, *output.side_logits):
        assert tensor.grad is not None
        assert tensor.grad.abs().sum() > 0


def test_what_is_not_given_or_not_weighed_is_left_out(
    output: Output, target: MattingTarget
) -> None:
    bare = replace(target, foreground=None)
    output.side_logits = ()
    assert set(P3MObjective()(output, bare).parts) == {
        "global",
        "local_l1",
        "local_laplacian",
        "fused_l1",
        "fused_laplacian",
    }
    assert set(P3MObjective(semantic=0, local=0)(output, bare).parts) == {
        "fused_l1",
        "fused_laplacian",
    }


def test_no_term_at_all_is_zero(output: Output, target: MattingTarget) -> None:
    nothing = P3MObjective(side=0, semantic=0, local=0, fused=0, composition=0)
    assert nothing(output, target).total.item() == 0


def test_released_scale_of_the_local_pyramid_is_an_option(
    output: Output, target: MattingTarget
) -> None:
    parts = P3MObjective(laplacian_normalize="area")(output, target).parts
    by_mask = P3MObjective()(output, target).parts["local_laplacian"]
    share = (target.trimap == 1).float().mean()
    torch.testing.assert_close(parts["local_laplacian"], by_mask * share)


def test_half_precision_outputs_are_compared_in_the_targets_dtype(
    output: Output, target: MattingTarget
) -> None:
    halves = Output(
        output.global_logits.bfloat16(),
        output.local_alpha.bfloat16(),
        output.alpha.bfloat16(),
        tuple(side.bfloat16() for side in output.side_logits),
    )
    exact = Output(
        halves.global_logits.float(),
        halves.local_alpha.float(),
        halves.alpha.float(),
        tuple(side.float() for side in halves.side_logits),
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total = P3MObjective()(halves, target).total
    assert total.dtype == torch.float32
    assert torch.equal(total, P3MObjective()(exact, target).total)


def test_an_output_of_another_size_is_refused(output: Output, target: MattingTarget) -> None:
    output.alpha = output.alpha[..., :8]
    with pytest.raises(ShapeError, match=r"target has shape \(2, 1, 16, 16\)"):
        P3MObjective()(output, target)


@pytest.fixture
def resampled() -> Tensor:
    """A trimap as it comes out of linear resampling: between 0, 128 and 255 lie other values."""
    values = torch.tensor([0, 40, 128, 200, 255], dtype=torch.float64)
    return values[torch.randint(5, (2, 1, 32, 32))]


@pytest.fixture
def exact(resampled: Tensor) -> tuple[Output, MattingTarget]:
    """A prediction and its truth in float64, pyramids of whole halves."""
    alpha, local, fused = torch.rand(3, 2, 1, 32, 32, dtype=torch.float64).unbind()
    image, foreground, background = torch.rand(3, 2, 3, 32, 32, dtype=torch.float64).unbind()
    main, *sides = torch.randn(4, 2, 3, 32, 32, dtype=torch.float64).unbind()
    target = MattingTarget(
        alpha=alpha,
        trimap=(resampled > 0).long() + (resampled == 255).long(),
        image=image,
        foreground=foreground,
        background=background,
        unknown=resampled == 128,
    )
    return Output(main, local, fused, tuple(sides)), target


def test_the_released_objective_is_that_of_the_released_code(
    exact: tuple[Output, MattingTarget], resampled: Tensor
) -> None:
    output, target = exact
    logits = [output.global_logits, *output.side_logits]
    expected = reference.released_objective(
        [each.numpy() for each in logits],
        output.local_alpha.numpy(),
        output.alpha.numpy(),
        alpha=target.alpha.numpy(),
        trimap=resampled.numpy(),
        colours=[x.numpy() for x in (target.image, target.foreground, target.background)],
    )
    assert RELEASED(output, target).total.item() == pytest.approx(expected, rel=1e-12)
    assert PAPER(output, target).total.item() != pytest.approx(expected, rel=1e-3)


def test_gradient_of_the_released_objective(exact: tuple[Output, MattingTarget]) -> None:
    output, target = exact
    small = replace(
        target,
        **{
            name: getattr(target, name)[:1, :, :6, :5]
            for name in ("alpha", "trimap", "image", "foreground", "background", "unknown")
        },
    )
    sides = tuple(side[:1, :, :6, :5] for side in output.side_logits)

    def total(logits: Tensor, local: Tensor, fused: Tensor) -> Tensor:
        return RELEASED(Output(logits, local, fused, sides), small).total

    parts = (output.global_logits, output.local_alpha, output.alpha)
    assert_gradient(total, *(part[:1, :, :6, :5] for part in parts))


@pytest.mark.parametrize("objective", [PAPER, RELEASED, GFM])
@pytest.mark.parametrize("known", [0, 2])
def test_a_picture_without_transition_has_a_finite_loss(
    exact: tuple[Output, MattingTarget], objective: P3MObjective, known: int
) -> None:
    output, target = exact
    for part in (output.global_logits, output.local_alpha, output.alpha, *output.side_logits):
        part.requires_grad_()
    flat = replace(
        target,
        alpha=torch.full_like(target.alpha, known / 2),
        trimap=torch.full_like(target.trimap, known),
        unknown=torch.zeros_like(target.unknown),
    )
    loss = objective(output, flat).total
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(output.local_alpha.grad).all()


def test_gfm_weighs_four_terms_alike(output: Output, target: MattingTarget) -> None:
    terms = GFM(output, target)
    assert "side" not in terms.parts
    assert terms.total.item() == pytest.approx(sum(terms.parts.values()).item() / 4)
