"""A tiny model as a file, for pipelines that load one."""

import pytest

from support.onnx_models import p3m_model


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """An ONNX file whose alpha follows brightness."""
    path = tmp_path_factory.mktemp("model") / "brightness.onnx"
    path.write_bytes(p3m_model())
    return path
