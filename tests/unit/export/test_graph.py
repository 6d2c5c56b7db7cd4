import sys

import onnx
import pytest
import torch
from torch import nn

from p3m.core.errors import MissingExtraError
from p3m.export.graph import frozen, trace

pytestmark = pytest.mark.onnx


def test_a_frozen_copy_is_ready_and_the_module_unchanged():
    module = nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1)).double()
    copy = frozen(module)
    assert not copy.training
    assert {tensor.dtype for tensor in copy.parameters()} == {torch.float32}
    assert not any(tensor.requires_grad for tensor in copy.parameters())
    assert module.training
    assert {tensor.dtype for tensor in module.parameters()} == {torch.float64}
    assert all(tensor.requires_grad for tensor in module.parameters())


def test_a_graph_has_the_names_and_free_axes_and_no_trail_of_its_source():
    model = trace(
        frozen(nn.Conv2d(3, 1, 3, padding=1)),
        (torch.zeros(2, 3, 8, 12),),
        unit=4,
        inputs=["image"],
        outputs=["alpha"],
    )
    onnx.checker.check_model(model, full_check=True)
    (image,), (alpha,) = model.graph.input, model.graph.output
    assert (image.name, alpha.name) == ("image", "alpha")
    for value, channels in ((image, 3), (alpha, 1)):
        axes = value.type.tensor_type.shape.dim
        assert axes[1].dim_value == channels
        assert all(axes[index].dim_param for index in (0, 2, 3))
    assert model.opset_import[0].version >= 17
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)


def test_a_missing_package_is_told_with_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtraError, match=r'pip install "p3m\[train\]"'):
        trace(nn.Identity(), (), unit=1, inputs=[], outputs=[])
