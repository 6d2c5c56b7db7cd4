import pytest
import torch
from torch import nn

from p3m.core.errors import ExportMismatchError
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
    examples = [(torch.full(size, 0.3),) for size in ((1, 3, 4, 6), (2, 3, 8, 2))]
    return compare_with_eager(
        plain_model(), module, examples, outputs=["alpha"], tolerance=tolerance
    )


def test_equal_models_differ_by_rounding():
    assert 0 <= compare(Brightness()) <= ROUNDING


def test_the_difference_is_measured():
    alpha = float(Brightness()(torch.full((1, 3, 1, 1), 0.3)))
    assert compare(Brightness(1.25), tolerance=1) == pytest.approx(0.25 * alpha, abs=ROUNDING)


def test_it_is_relative_to_magnitudes_over_1():
    assert compare(Brightness(1000.0), tolerance=1) == pytest.approx(0.999, abs=1e-4)


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

    assert compare(Pair()) <= ROUNDING
