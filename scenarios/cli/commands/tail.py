"""``pitboss tail``: what passes in a running ``serve``, live in the terminal."""

import sys
from typing import Any, Final

import click

from scenarios.cli.click_errors import examples
from scenarios.console.control.client import console as console_at
from scenarios.console.control.filters import WORDS
from scenarios.problems.plain_text import printable

# How long one question waits, in seconds.
_WAIT: Final = 20
_CONSOLE: Final = "http://127.0.0.1:8700"
_EXCHANGES: Final = "/exchanges"


@click.command(
    "tail",
    help=f"""Show what passes in a running `serve`, as it happens, until Ctrl-C.

    A FILTER is {WORDS}; all must fit.
    """,
    epilog=examples(
        "pitboss tail                           everything, from now on",
        "pitboss tail player:p-1 status:500     what is about p-1 and was answered by 500",
        "pitboss tail client:from '>500ms'      the CLIENT's own requests that took long",
        "pitboss tail --since 0 --count 10      the first ten, then end",
    ),
)
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option(
    "--console",
    "url",
    metavar="URL",
    help=f"Where serve's console is.  [default: that of the serve in this folder, else {_CONSOLE}]",
)
@click.option(
    "--since", type=click.IntRange(0), metavar="N", help="Begin with exchange N.  [default: the next]"
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after N lines.")
def command(words: tuple[str, ...], url: str | None, since: int | None, count: int | None) -> None:
    """Print each exchange that fits ``words``, as the control API at ``url`` tells it."""
    console, wanted = console_at(url, _CONSOLE), " ".join(words)
    following = console.ask(_EXCHANGES, {"filter": wanted, "since": 0 if since is None else since})
    printed: set[int] = set()
    if since is None:
        printed |= {each["number"] for each in following["exchanges"]}
        following["exchanges"] = []
    while True:
        for exchange in following["exchanges"]:
            if exchange["number"] in printed:
                continue
            printed.add(exchange["number"])
            click.echo(printable(_line(exchange)))
            sys.stdout.flush()
            if count is not None:
                count -= 1
                if not count:
                    return
        place = following["next"]
        printed = {number for number in printed if number >= place}
        following = console.ask(
            _EXCHANGES, {"filter": wanted, "since": place, "count": len(printed) + 1, "wait": _WAIT}
        )


def _line(exchange: dict[str, Any]) -> str:
    answer, took = exchange["answer"], exchange["seconds"]
    way = "->" if exchange["direction"] == "to CLIENT" else "<-"
    why = exchange["error"] or exchange["failure"]
    words = [
        f"#{exchange['number']}",
        exchange["at"][11:19],
        f"{exchange['provider']} {way} {exchange['kind']}",
        exchange["about"],
        "" if exchange["race"] is None else f"race:{exchange['race']}",
        str(answer["status"]) if answer else "no answer",
        f"{took * 1000:.0f} ms" if took is not None else "",
        exchange["outcome"] + (f": {why}" if why else ""),
    ]
    return "  ".join(word for word in words if word)
