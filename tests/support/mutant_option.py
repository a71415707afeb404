"""The option ``--mutants``: whether tests judge all mutants or the sample of every change."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--mutants",
        choices=["sample", "all"],
        default="sample",
        help="which mutants are judged: one for each rule, those that a change touches and a tenth, or all",
    )
