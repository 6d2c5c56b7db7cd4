from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.errors import RangeError
from p3m.data.split import split_by_family, split_by_group

groups = st.lists(st.sampled_from("abcdefgh"), max_size=40)


def _items(names: list[str]) -> list[SimpleNamespace]:
    return [SimpleNamespace(group=name) for name in names]


@given(groups, st.floats(0, 1), st.integers(0, 99))
def test_no_group_is_parted_and_nothing_is_lost(names, fraction, seed) -> None:
    items = _items(names)
    first, second = split_by_group(items, fraction=fraction, seed=seed)
    assert not {i.group for i in first} & {i.group for i in second}
    assert sorted(i.group for i in first + second) == sorted(names)
    left = {i.group for i in first}
    assert len(second) >= fraction * len(items) - 1e-9 or len(left) == 1
    assert left or fraction == 1 or not items


@given(groups, st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(names, seed, random) -> None:
    shuffled = random.sample(names, len(names))
    chosen = [
        {i.group for i in split_by_group(_items(n), fraction=0.3, seed=seed)[1]}
        for n in (names, shuffled)
    ]
    assert chosen[0] == chosen[1]


def test_each_family_gives_its_share() -> None:
    items = _items([f"a{n}" for n in range(20)] + [f"b{n}" for n in range(10)])
    families = [i.group[0] for i in items]
    _, second = split_by_family(items, families, fraction=0.2, seed=3)
    assert sorted(i.group[0] for i in second) == ["a"] * 4 + ["b"] * 2


def test_a_share_over_one_is_refused() -> None:
    with pytest.raises(RangeError, match="fraction is 1.5"):
        split_by_group([], fraction=1.5, seed=0)


@pytest.mark.parametrize("names", ["a", "aaab", "ab"])
def test_somebody_is_left_to_train_on(names) -> None:
    first, _ = split_by_group(_items(list(names)), fraction=0.9, seed=1)
    assert first
