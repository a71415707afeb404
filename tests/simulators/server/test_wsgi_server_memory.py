"""A process that serves looks through what it keeps more rarely, and as before once it has served."""

import gc
from contextlib import suppress

from simulators.server.wsgi_server import long_memory


def test_all_that_is_kept_is_looked_through_rarely_while_a_process_serves():
    before = gc.get_threshold()
    with long_memory():
        young, middle, old = gc.get_threshold()
        assert (young, middle) == before[:2]
        assert old == 100 * before[2]
    assert gc.get_threshold() == before


def test_the_setting_ends_with_an_error_too():
    before = gc.get_threshold()
    with suppress(ZeroDivisionError), long_memory():
        raise ZeroDivisionError
    assert gc.get_threshold() == before


def test_young_garbage_is_collected_all_the_same():
    with long_memory():
        collected = gc.get_stats()[0]["collections"]
        kept = [[] for _ in range(10 * gc.get_threshold()[0])]
        assert gc.get_stats()[0]["collections"] > collected
    assert len(kept) == 10 * gc.get_threshold()[0]
