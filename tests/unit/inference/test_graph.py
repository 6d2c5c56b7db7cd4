import pytest

from p3m.core.errors import ModelFormatError
from p3m.inference.graph import check_detail, check_graph, has_parts
from p3m.weights.session import open_session
from support.onnx_models import other_model, p3m_model, parts_model, plain_model

pytestmark = pytest.mark.onnx

PICTURE = ("B", 3, "H", "W")


def session_of(model):
    return open_session(model, name="a", threads=1)


@pytest.mark.parametrize(
    "model", [p3m_model(), plain_model(), plain_model(batch=1)], ids=["p3m", "plain", "one by one"]
)
def test_matting_models_pass(model):
    check_graph(session_of(model), "a")


@pytest.mark.parametrize(
    "model",
    [
        plain_model(height=64),
        plain_model(batch=2),
        other_model(PICTURE, PICTURE),
        other_model(("B", 1, "H", "W"), ("B", 1, "H", "W")),
        other_model(("B", 3), ("B", 3)),
    ],
    ids=["one height", "pairs", "colour out", "grey in", "flat"],
)
def test_other_models_are_refused_with_what_they_have_and_what_they_need(model):
    session = session_of(model)
    had = rf"its inputs are {session.get_inputs()[0].name} tensor\(float\)\["
    needed = r"needs one input \(B, 3, H, W\) .*first output \(B, 1, H, W\)"
    with pytest.raises(ModelFormatError, match=f"a is not a matting model: {had}.*{needed}"):
        check_graph(session, "a")


def test_a_detail_graph_of_other_inputs_is_refused():
    base, other = session_of(p3m_model()), session_of(plain_model())
    with pytest.raises(ModelFormatError, match="a has a detail graph of inputs input .*'coarse'"):
        check_detail(base, other, "a")


def test_a_detail_graph_needs_a_model_with_coarse_maps():
    with pytest.raises(ModelFormatError, match="'coarse' of the model that carries it"):
        check_detail(session_of(plain_model()), session_of(plain_model()), "a")


def test_parts_are_known_by_their_names_and_channels():
    assert has_parts(session_of(parts_model()))
    for model in (p3m_model(), plain_model(), parts_model(shared=False)):
        assert not has_parts(session_of(model))
