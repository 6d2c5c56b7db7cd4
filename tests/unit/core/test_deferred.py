import sys

import pytest

from p3m.core.deferred import Deferred


def test_nothing_is_imported_before_the_call(tmp_path, monkeypatch):
    (tmp_path / "heavy_module.py").write_text("def build(a, *, b): return a - b\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "heavy_module", raising=False)
    build = Deferred("heavy_module:build")
    assert "heavy_module" not in sys.modules
    assert build(3, b=1) == 2
    assert "heavy_module" in sys.modules


@pytest.mark.parametrize("path", ["math", "math.hypot", "math:", ":hypot", "a b:c", "math:a.b"])
def test_a_path_of_another_form_is_a_mistake(path):
    with pytest.raises(ValueError, match="is not of the form 'module:name'"):
        Deferred(path)


def test_it_says_what_it_stands_for():
    assert repr(Deferred("math:hypot")) == "Deferred('math:hypot')"
