"""``@pytest.mark.mutants(provider)`` gives a test each mutant; ``--mutants`` says whether all, or a sample of them."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--mutants",
        choices=["sample", "all"],
        default="sample",
        help="which mutants are judged: one for each rule, those that a change touches and a tenth, or all",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "mutants(provider, but=names): the test takes a mutant")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("mutants")
    if marker is None:
        return
    from tests.mutants.sample import ALL, sample

    chosen = ALL if metafunc.config.getoption("--mutants") == "all" else sample()
    left_out = marker.kwargs.get("but", ())
    mutants = [
        each
        for each in chosen
        if each.name not in left_out and (not marker.args or each.provider in marker.args)
    ]
    metafunc.parametrize("mutant", mutants, ids=[mutant.name for mutant in mutants])
