import numpy as np
import onnxruntime
import pytest

from p3m.core.errors import ModelFormatError, ProviderError, WeightsError
from p3m.weights.session import open_session, releasing, resolve_provider
from support.onnx_models import plain_model

pytestmark = pytest.mark.onnx


class DroppingSession(onnxruntime.InferenceSession):
    """Falls back to the CPU as ONNX Runtime does where a driver is missing: without a word."""

    def __init__(self, source, options, providers):
        del providers
        super().__init__(source, options, providers=["CPUExecutionProvider"])


def test_a_file_opens_as_its_bytes_do(tmp_path):
    (tmp_path / "a.onnx").write_bytes(plain_model())
    for source in (tmp_path / "a.onnx", plain_model()):
        session = open_session(source, name="a", threads=1)
        assert session.get_providers() == ["CPUExecutionProvider"]


def test_threads_are_those_asked_for():
    session = open_session(plain_model(), name="a", threads=1)
    assert session.get_session_options().intra_op_num_threads == 1


def test_by_default_threads_are_as_many_as_the_process_may_use(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 5}, raising=False)
    session = open_session(plain_model(), name="a")
    assert session.get_session_options().intra_op_num_threads == 2
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    session = open_session(plain_model(), name="a")
    assert session.get_session_options().intra_op_num_threads == 0


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.onnx is not there or is no file"):
        open_session(tmp_path / "none.onnx", name="none")


@pytest.mark.parametrize("content", [b"", b"GIF89a", plain_model()[:200]])
def test_what_is_not_onnx_is_told(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    for source in (tmp_path / "a.onnx", content):
        with pytest.raises(ModelFormatError, match=r"^a is not an ONNX file that can be run: "):
            open_session(source, name="a", threads=1)


@pytest.mark.parametrize("provider", [None, "cpu", "CPU", "CPUExecutionProvider"])
def test_the_cpu_has_several_names(provider):
    assert resolve_provider(provider) == "CPUExecutionProvider"


def test_a_provider_that_is_not_installed_is_told_with_those_that_are(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ProviderError, match=r"No provider 'cuda' .* Available: cpu\.$"):
        open_session(plain_model(), name="a", provider="cuda")


def test_a_provider_that_was_dropped_while_loading_is_told(monkeypatch):
    monkeypatch.setattr(
        onnxruntime,
        "get_available_providers",
        lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    monkeypatch.setattr(onnxruntime, "InferenceSession", DroppingSession)
    with pytest.raises(ProviderError, match="'cuda' is installed but could not be started for a"):
        open_session(plain_model(), name="a", threads=1, provider="cuda")


def test_many_shapes_need_no_block_each(tmp_path):
    session = open_session(plain_model(), name="a", threads=1)
    assert not session.get_session_options().enable_mem_pattern


def test_what_a_run_needed_is_handed_back_where_asked_for(monkeypatch):
    session = open_session(plain_model(), name="a", threads=1)
    planes = {"input": np.zeros((1, 3, 32, 32), dtype=np.float32)}
    assert session.run(["alpha"], planes, releasing(session))[0].shape == (1, 1, 32, 32)
    monkeypatch.setattr(session, "get_providers", lambda: ["CUDAExecutionProvider"])
    assert releasing(session) is None
