"""The façade and the examples, each as a user starts them."""

import filecmp
import subprocess
import sys

import pytest

import p3m
from p3m.weights.catalog import WEIGHTS

needs_weights = pytest.mark.skipif(not WEIGHTS, reason="no weights are embedded yet")


def python(*args, cwd):
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'p3m' has no attribute 'mattte'"):
        p3m.mattte  # noqa: B018


def test_names_are_loaded_when_they_are_used(tmp_path):
    code = (
        "import sys, p3m; assert 'numpy' not in sys.modules; assert 'matte' in dir(p3m);"
        "p3m.matte; assert 'cv2' in sys.modules and 'onnxruntime' not in sys.modules;"
        "assert 'matte' in vars(p3m); print(p3m.__version__)"
    )
    run = python("-c", code, cwd=tmp_path)
    assert run.stderr == ""
    assert run.stdout.strip() == p3m.__version__


@pytest.mark.weights
@needs_weights
def test_the_examples_make_the_same_cutout(project, tmp_path):
    for name in ("simple", "parts"):
        (tmp_path / name).mkdir()
        python(project / "examples" / f"{name}.py", cwd=tmp_path / name)
    assert (tmp_path / "simple" / "teal.png").is_file()
    assert filecmp.cmp(tmp_path / "simple/cutout.png", tmp_path / "parts/cutout.png", shallow=False)


@pytest.mark.weights
@needs_weights
def test_the_example_portrait_is_cut_out(project):
    alpha = p3m.matte(project / "examples" / "portrait.jpg").alpha
    assert alpha.shape == (800, 800)
    assert alpha[350:450, 350:450].mean() > 0.95
    assert alpha[:40, :40].mean() < 0.05
