"""YuNet without its weights: what is refused, and what its answers mean."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from p3m.core.errors import InputError, ModelFormatError, RangeError, ShapeError
from p3m.privacy.yunet import YuNet
from support.images import noise

_STRIDES = (8, 16, 32)


@pytest.fixture
def network(tmp_path):
    """A network of YuNet's outputs which sees one face, in the first cell of 32 pixels."""
    path = tmp_path / "yunet.onnx"
    nodes, weights, outputs = [], [], []
    for part, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in _STRIDES:
            name, cells = f"{part}_{stride}", (64 // stride) ** 2
            values = np.zeros((1, cells, channels), np.float32)
            if stride == 32:
                values[0, 0] = _FACE[part]
            weights.append(numpy_helper.from_array(values, f"{name}_values"))
            nodes.append(helper.make_node("Mul", [f"{name}_values", "one"], [name]))
            outputs.append(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, cells, channels])
            )
    nodes.insert(0, helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0))
    nodes.insert(1, helper.make_node("Mul", ["mean", "none"], ["zero"]))
    nodes.insert(2, helper.make_node("Add", ["zero", "unit"], ["one"]))
    weights += [
        numpy_helper.from_array(np.zeros(1, np.float32), "none"),
        numpy_helper.from_array(np.ones(1, np.float32), "unit"),
    ]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 64, 64])]
    graph = helper.make_graph(nodes, "yunet", inputs, outputs, weights)
    opset = [helper.make_opsetid("", 11)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=7), path)
    return path


_FACE = {
    "cls": [0.81],
    "obj": [1.0],
    "bbox": [0.5, 0.75, np.log(0.5), np.log(0.75)],  # centre and size, in cells
    "kps": [0.25, 0.5, 0.75, 0.5, 0.5, 0.75, 0.25, 1.0, 0.75, 1.0],
}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.onnx: no such file; give YuNet's ONNX file"):
        YuNet(tmp_path / "none.onnx")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("no network")
    with pytest.raises(ModelFormatError, match=r"text.onnx: OpenCV cannot use it as YuNet"):
        YuNet(path)


def test_a_threshold_has_a_range(tmp_path):
    with pytest.raises(RangeError, match="threshold is 2"):
        YuNet(tmp_path / "x.onnx", threshold=2)


def test_an_answer_is_a_face_in_the_picture_s_pixels(network):
    # A cell of 32 pixels of a search at 64 is 80 pixels of a picture of 160.
    (face,) = YuNet(network, side_px=64)(noise(160, 160))
    scale = 160 / 64
    expected = np.array([8, 12, 24, 36]) * scale
    np.testing.assert_allclose(face.box, expected, atol=0.1)
    places = np.array(_FACE["kps"]).reshape(5, 2) * 32 * scale
    np.testing.assert_allclose(face.landmarks, places, atol=0.1)
    assert face.score == pytest.approx(0.9)  # the root of both scores' product


def test_what_is_less_sure_is_no_face(network):
    assert YuNet(network, threshold=0.95, side_px=64)(noise(64, 64)) == ()


def test_a_picture_has_three_channels(network):
    with pytest.raises(ShapeError, match="image"):
        YuNet(network)(np.zeros((4, 4), np.uint8))
