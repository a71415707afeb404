"""``--mutants`` says whether all CLIENTs of tables are judged, or a sample of them.

``@pytest.mark.mutants(provider)`` gives a test each mutant of the reference CLIENT, and
``@pytest.mark.sampled_clients(names, rows)`` each row of a table of the tests' own.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--mutants",
        choices=["sample", "all"],
        default="sample",
        help="which CLIENTs of tables are judged: a mutant for each rule, what a change touches and a tenth, or all",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "mutants(provider, but=names, together=names): the test takes a mutant"
    )
    config.addinivalue_line(
        "markers",
        "sampled_clients(names, rows): the test takes a class of CLIENTs, or a mutant, and the rules it is judged by",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    everything = metafunc.config.getoption("--mutants") == "all"
    if marker := metafunc.definition.get_closest_marker("mutants"):
        _give_mutants(metafunc, marker, everything=everything)
    if marker := metafunc.definition.get_closest_marker("sampled_clients"):
        from tests.mutants.sample import changed_files, commit, name_of, sample_of

        names, rows = marker.args
        chosen = rows if everything else sample_of(rows, changed_files(), commit())
        metafunc.parametrize(names, chosen, ids=[name_of(row[0]) for row in chosen])


def _give_mutants(metafunc: pytest.Metafunc, marker: pytest.Mark, *, everything: bool) -> None:
    from tests.mutants.sample import ALL, sample

    # Where all rows are judged, those that have several mutants in one CLIENT are enough.
    left_out = {*marker.kwargs.get("but", ()), *(marker.kwargs.get("together", ()) if everything else ())}
    mutants = [
        each
        for each in (ALL if everything else sample())
        if each.name not in left_out and (not marker.args or each.provider in marker.args)
    ]
    metafunc.parametrize("mutant", mutants, ids=[mutant.name for mutant in mutants])
