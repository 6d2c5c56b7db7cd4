"""The one switch of the contract tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-outputs",
        action="store_true",
        help="accept the networks' present outputs as the recorded ones",
    )
