import numpy as np

from p3m.data.kept_pictures import KeptPictures


class _Counting:
    """Makes arrays of as many bytes as the key says, and counts how often."""

    def __init__(self) -> None:
        self.calls = []

    def __call__(self, key: int):
        self.calls.append(key)
        return (np.zeros(key, np.uint8), None)


def test_what_is_kept_is_not_read_again() -> None:
    read = _Counting()
    kept = KeptPictures(read, max_bytes=100)
    assert kept.get(40)[0] is kept.get(40)[0]
    assert read.calls == [40]


def test_the_bound_is_in_bytes_and_holds() -> None:
    read = _Counting()
    kept = KeptPictures(read, max_bytes=100)
    for key in (40, 41, 42, 10, 7):
        kept.get(key)
        assert kept.size_bytes <= 100
    assert kept.size_bytes == 42 + 10 + 7 + 41


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    read = _Counting()
    kept = KeptPictures(read, max_bytes=100)
    for key in (40, 50, 40, 20, 40, 50):
        kept.get(key)
    assert read.calls == [40, 50, 20, 50]


def test_what_is_too_large_is_read_each_time_and_drives_nobody_out() -> None:
    read = _Counting()
    kept = KeptPictures(read, max_bytes=100)
    for key in (60, 101, 101, 60):
        kept.get(key)
    assert read.calls == [60, 101, 101]
