import onnx
import pytest
import torch
from torch import nn

from p3m.core.errors import ExportMismatchError
from p3m.export.unpool import with_max_unpool
from p3m.export.verify import compare_with_eager
from support.onnx_models import plain_model

pytestmark = pytest.mark.onnx

ROUNDING = 1e-6  # sums of three products in another order


class Brightness(nn.Module):
    """What the plain model of the test support does, times a factor."""

    def __init__(self, factor=1.0, rows=None):
        super().__init__()
        self.factor = factor
        self.rows = rows

    def forward(self, image):
        mean = torch.tensor((0.485, 0.456, 0.406)).reshape(3, 1, 1)
        std = torch.tensor((0.229, 0.224, 0.225)).reshape(3, 1, 1)
        alpha = (image * std + mean).mean(dim=1, keepdim=True).clamp(0, 1)
        return self.factor * alpha[:, :, : self.rows]


def compare(module, tolerance=ROUNDING):
    model = onnx.load_from_string(plain_model())
    examples = [(torch.full(size, 0.3),) for size in ((1, 3, 4, 6), (2, 3, 8, 2))]
    return compare_with_eager(model, module, examples, outputs=["alpha"], tolerance=tolerance)


def test_equal_models_differ_by_rounding():
    agreement = compare(Brightness())
    assert 0 <= agreement.mean <= agreement.error <= ROUNDING
    assert agreement.tipped == 0


def test_the_difference_is_measured():
    alpha = float(Brightness()(torch.full((1, 3, 1, 1), 0.3)))
    agreement = compare(Brightness(1.25), tolerance=1)
    assert agreement.error == pytest.approx(0.25 * alpha, abs=ROUNDING)
    assert agreement.mean == pytest.approx(0.25 * alpha, abs=ROUNDING)


def test_it_is_relative_to_magnitudes_over_1():
    assert compare(Brightness(1000.0), tolerance=1).error == pytest.approx(0.999, abs=1e-4)


@pytest.mark.parametrize(
    "module",
    [Brightness(1.01), Brightness(float("nan")), Brightness(rows=1)],
    ids=["another", "not a number", "another shape"],
)
def test_too_much_is_an_error_that_names_output_and_size(module):
    told = r"Output 'alpha' .* differs by .* at input \(1, 3, 4, 6\); at most 1e-06"
    with pytest.raises(ExportMismatchError, match=told):
        compare(module)


def test_a_tuple_is_compared_from_its_first():
    class Pair(Brightness):
        def forward(self, image):
            return super().forward(image), image

    assert compare(Pair()).error <= ROUNDING


class Tipped(nn.Module):
    """A network whose picture is a hair's breadth brighter at some pixels: ties break otherwise."""

    def __init__(self, network, amount):
        super().__init__()
        self.network = network
        self.amount = amount

    def forward(self, image):
        hair = torch.rand(image.shape, generator=torch.Generator().manual_seed(0))
        return self.network(image + self.amount * hair)


def flat_picture():
    """Windows of one brightness, so that every maximum is a tie but for rounding."""
    coarse = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(2))
    return coarse.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)


def compare_parts(model, module, image, **limits):
    with_max_unpool(model)
    outputs = ["alpha", "local_alpha", "global_logits"]
    return compare_with_eager(model, module, [(image,)], outputs=outputs, **limits)


def test_decisions_between_equals_may_differ_and_all_else_must_agree(traced, parts):
    agreement = compare_parts(traced, Tipped(parts, 1e-6), flat_picture(), tolerance=1e-4)
    assert agreement.error <= 1e-5
    assert agreement.tipped > 0.1
    assert agreement.mean > 10 * agreement.error


def test_too_many_other_decisions_are_an_error(traced, parts):
    told = r"takes \d+ % of its decisions otherwise than the network; at most 0.1 % are allowed"
    with pytest.raises(ExportMismatchError, match=told):
        compare_parts(traced, Tipped(parts, 1e-6), flat_picture(), tolerance=1e-4, most_tipped=1e-3)


def test_a_decision_for_a_lesser_value_is_an_error(traced, parts):
    image = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(2))
    with_max_unpool(traced)
    (first, *_) = (n for n in traced.graph.node if n.op_type == "MaxPool" and n.output[1:])
    negative = onnx.helper.make_node("Neg", [first.input[0]], ["negative"])
    index = list(traced.graph.node).index(first)
    first.input[0] = "negative"
    traced.graph.node.insert(index, negative)
    with pytest.raises(ExportMismatchError, match="A maximum of the exported graph differs by"):
        compare_with_eager(traced, parts, [(image,)], outputs=[], tolerance=1e-4)
