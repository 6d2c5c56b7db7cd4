"""Seeded splits that never part a person or a scene."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from p3m.core.checks import check_range


class Grouped(Protocol):
    """Anything that belongs to a group."""

    @property
    def group(self) -> str:
        """Whose it is."""


Item = TypeVar("Item", bound=Grouped)


def split_by_group(
    items: Sequence[Item], *, fraction: float, seed: int
) -> tuple[list[Item], list[Item]]:
    """Divides items into two parts, all of a group in one of them.

    Groups are drawn at random until the second part has its share; which they are depends on the
    groups' names and the seed alone, not on the order of the items. The first part keeps a group,
    however few there are, unless the second is to have all.

    Args:
        items: What to divide.
        fraction: The share of the second part, in [0, 1].
        seed: Decides which groups go there.

    Returns:
        The first and the second part, in the order of ``items``.

    Raises:
        RangeError: If ``fraction`` is not in [0, 1].

    Example:
        >>> from types import SimpleNamespace as Item
        >>> train, val = split_by_group([Item(group=g) for g in "aabbcc"], fraction=0.3, seed=1)
        >>> len(train), len(val), {i.group for i in train} & {i.group for i in val}
        (4, 2, set())
    """
    check_range("fraction", fraction, 0.0, 1.0)
    groups: dict[str, int] = defaultdict(int)
    for item in items:
        groups[item.group] += 1
    names = sorted(groups)
    chosen: set[str] = set()
    count = 0
    for index in np.random.default_rng(seed).permutation(len(names)):
        if count >= fraction * len(items) or (fraction < 1 and len(chosen) == len(names) - 1):
            break
        chosen.add(names[index])
        count += groups[names[index]]
    return [i for i in items if i.group not in chosen], [i for i in items if i.group in chosen]


def split_by_family(
    items: Sequence[Item], families: Iterable[str], *, fraction: float, seed: int
) -> tuple[list[Item], list[Item]]:
    """As `split_by_group`, with the same share taken from each family.

    Args:
        items: What to divide.
        families: The family of each item.
        fraction: The share of the second part, in [0, 1].
        seed: Decides which groups go there.
    """
    by_family: dict[str, list[Item]] = defaultdict(list)
    for item, family in zip(items, families, strict=True):
        by_family[family].append(item)
    first: list[Item] = []
    second: list[Item] = []
    for family in sorted(by_family):
        kept, taken = split_by_group(by_family[family], fraction=fraction, seed=seed)
        first += kept
        second += taken
    return first, second
