"""Face embeddings by a model of known answers."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from p3m.core.errors import ModelFormatError, WeightsError
from p3m.privacy.contract import Face
from p3m.privacy.embedding import FaceEmbedder, identified
from support.images import noise


def model(path, *, side=112):
    """Means of 8 by 8 blocks, as one vector."""
    nodes = [
        helper.make_node("AveragePool", ["face"], ["low"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["low"], ["vector"]),
    ]
    graph = helper.make_graph(
        nodes,
        "embedding",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, ["B", 3, side, side])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["B", None])],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


FACE = Face(
    box=(20, 20, 132, 132),
    landmarks=(
        (58.2946, 71.6963),
        (93.5318, 71.5014),
        (76.0252, 91.7366),
        (61.5493, 112.3655),
        (90.7299, 112.2041),
    ),
)


def test_a_face_is_brought_to_the_template(tmp_path):
    """These landmarks are the template's own, 20 pixels further in: nothing is resampled."""
    embed = FaceEmbedder(model(tmp_path / "e.onnx"), threads=1)
    image = noise(160, 160, seed=4)
    crop = (image[20:132, 20:132].transpose(2, 0, 1).astype(np.float64) - 127.5) / 127.5
    expected = crop.reshape(3, 14, 8, 14, 8).mean(axis=(2, 4)).ravel()
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(embed(image, FACE), expected, atol=0.01)


def test_a_turned_face_has_the_same_vector(tmp_path):
    embed = FaceEmbedder(model(tmp_path / "e.onnx"), threads=1)
    image = np.kron(noise(10, 10, seed=4), np.ones((16, 16, 1), np.uint8))
    turned = np.ascontiguousarray(np.rot90(image))
    moved = Face(box=FACE.box, landmarks=tuple((y, 160 - x) for x, y in FACE.landmarks))
    assert float(embed(image, FACE) @ embed(turned, moved)) > 0.97


def test_a_face_without_landmarks_has_none(tmp_path):
    embed = FaceEmbedder(model(tmp_path / "e.onnx"), threads=1)
    assert embed(noise(160, 160), Face(box=FACE.box)) is None


def test_what_is_no_embedding_is_refused(tmp_path):
    with pytest.raises(ModelFormatError, match=r"takes one of \(B, 3, 112, 112\)"):
        FaceEmbedder(model(tmp_path / "e.onnx", side=96))
    with pytest.raises(WeightsError, match=r"none\.onnx"):
        FaceEmbedder(tmp_path / "none.onnx")


def test_nobody_is_identified_among_none():
    assert identified([], []) == []


def test_faces_are_identified_where_they_are_most_like_themselves():
    gallery = list(np.eye(3, dtype=np.float32))
    probes = [gallery[0], gallery[2], gallery[2]]
    assert identified(probes, gallery) == [True, False, True]
