import pytest

from p3m.core.errors import ConfigError
from p3m.training.processes import first_process_does, this_process


def test_a_process_alone_is_the_first_of_one() -> None:
    process = this_process()
    assert (process.process_index, process.num_processes, process.is_main_process) == (0, 1, True)


def test_the_first_process_works_and_its_own_error_rises() -> None:
    done = []
    first_process_does(lambda: done.append(1))
    assert done == [1]

    def fail() -> None:
        raise ConfigError("No.")

    with pytest.raises(ConfigError, match=r"^No\.$"):
        first_process_does(fail)
