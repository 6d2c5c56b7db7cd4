"""Effects by name."""

import pytest

from p3m.core.errors import ConfigError, RangeError, UnknownNameError
from p3m.privacy.catalog import EFFECTS, create_effect
from p3m.privacy.effects import GaussianBlur, Mosaic, Solid


def test_each_name_makes_its_effect_with_its_default():
    assert create_effect("blur") == GaussianBlur()
    assert create_effect("mosaic") == Mosaic()
    assert create_effect("solid") == Solid()
    assert create_effect("blur", 0.5) == GaussianBlur(strength=0.5)


@pytest.mark.parametrize("entry", EFFECTS.values(), ids=lambda entry: entry.name)
def test_no_effect_can_be_undone(entry):
    assert not entry.reversible


def test_what_cannot_be_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'mosaic'"):
        create_effect("mosaik")
    with pytest.raises(ConfigError, match="has no strength"):
        create_effect("solid", 2)
    with pytest.raises(RangeError, match="strength"):
        create_effect("blur", 0.01)
    with pytest.raises(RangeError, match="cells"):
        create_effect("mosaic", 40)
