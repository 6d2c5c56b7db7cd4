import pytest

from p3m.core.errors import MissingExtraError
from p3m.core.extras import require_extra


def test_what_is_installed_is_enough() -> None:
    require_extra("base", "Matting", "numpy", "json")


def test_what_is_missing_names_the_installation() -> None:
    with pytest.raises(
        MissingExtraError, match=r'Flying needs .* pip install "p3m\[sky\]"'
    ) as info:
        require_extra("sky", "Flying", "json", "no_such_module")
    assert info.value.extra == "sky"
    assert isinstance(info.value, ImportError)
