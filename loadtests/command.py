"""``pitboss load``: a thin front over Locust with sound defaults, the target file, and manners.

It reaches the target once, says what will be sent where that is not this machine, and then becomes Locust.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from loadtests.options import callback_url_of, players_named
from scenarios.problems.errors import UsageProblem, note
from scenarios.problems.waiting import said_if_slow
from scenarios.report.files import prepare_directory
from scenarios.run.reach import waiting_for_first_wager
from scenarios.target.demo import target_or_demo
from scenarios.target.loading import Target
from scenarios.target.lock import PlayerLock
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.refusals import why_untaken
from simulators.exchanges.history import History, Purpose
from simulators.exchanges.redaction import Redactor
from simulators.operator.delivery import Operator
from simulators.server.wsgi_server import bind

# A plain `pitboss load` is a minute of a few users: enough to find a race, too little to hurt.
USERS = 20
RUN_TIME = "60s"
# What Locust is given unless the user says otherwise: addresses, since its own defaults listen everywhere.
_LOOPBACK = "127.0.0.1"
# Shapes that end by themselves, when they have found what they look for or are through.
_OWN_TIME = ("ramp", "spike", "soak")
_OPEN_PAGE = ("--web-port", "--web-host", "--autostart", "--headful", "--class-picker")


@click.command(
    "load",
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": True,
        "help_option_names": ["-h", "--help"],
    },
    epilog="Exit codes: 0 the audit is clean, 1 money or a rule is broken, 2 usage or configuration, "
    "3 the target cannot be reached, 4 the audit is undecided.",
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file.  [default: pitboss.toml where there is one, else `pitboss client`]",
)
@click.option("-H", "--host", metavar="URL", help="The callback URL, where it is not the target file's.")
@click.option(
    "-u", "--users", type=click.IntRange(1), default=USERS, show_default=True, help="Users at the same time."
)
@click.option(
    "-r", "--spawn-rate", type=float, metavar="N", help="Users that begin each second.  [default: a tenth]"
)
@click.option(
    "-t",
    "--run-time",
    metavar="TIME",
    help=f"E.g. 90s, 20m, 3h.  [default: {RUN_TIME}; with --shape ramp, spike or soak as long as it takes]",
)
@click.option(
    "-n",
    "--requests",
    type=click.IntRange(1),
    metavar="N",
    help="End once so many requests were sent, on a slow machine as on a fast one.  [default: by time]",
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    metavar="N",
    help="Worker processes on this machine.  [default: none]",
)
@click.option("--master", is_flag=True, help="Lead workers on other machines; see --expect-workers.")
@click.option("--worker", is_flag=True, help="Be a worker of the master at --master-host.")
@click.option(
    "--web", is_flag=True, help="Serve Locust's page at 127.0.0.1:8089 instead of starting at once."
)
@click.option(
    "--players", metavar="PATTERN", help="Players by a pattern such as load-{n}, not the target file's."
)
@click.option("--player-count", type=click.IntRange(1), metavar="N", help="How many the pattern stands for.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write report.json, report.html and Locust's locust.html there.",
)
@click.option("--yes", is_flag=True, help="Send, though the target is not this machine.")
@click.option("--all-options", is_flag=True, help="Show Locust's own options and ours for it, and stop.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def command(
    config: Path | None,
    host: str | None,
    users: int,
    spawn_rate: float | None,
    run_time: str | None,
    requests: int | None,
    processes: int | None,
    master: bool,
    worker: bool,
    web: bool,
    players: str | None,
    player_count: int | None,
    report: Path | None,
    yes: bool,
    all_options: bool,
    more: tuple[str, ...],
) -> None:
    """Load a CLIENT with wagers and, at the end, audit every player's balance to the last cent.

    Any option of Locust can be given, too; --all-options shows them.

    \b
    pitboss load                                   20 users for a minute, against ./pitboss.toml
    pitboss load -u 500 --processes 2 -t 10m       more of it, on two cores
    pitboss load --shape ramp --processes 2        the highest rate that holds
    """
    if all_options:
        become_locust(["--help"])
        return
    target = target_or_demo(config)
    url = callback_url_of(target, host)
    ids = players_named(players, player_count, target.need_operator()[1].ids)
    arguments = [*_target_options(config, url, players, player_count)]
    if worker:
        arguments += ["--processes", str(processes)] if processes else []
        become_locust(["--worker", *arguments, "--exit-code-on-error", "0", *more])
        return
    lasting = run_time or (None if requests or _value(more, "--shape") in _OWN_TIME else RUN_TIME)
    if report is not None:
        prepare_directory(report)
        arguments += ["--report", str(report), "--html", str(report / "locust.html")]
    if not yes and not is_loopback(url):
        raise _elsewhere(url, users, lasting or (f"{requests:,} requests" if requests else None), ids, more)
    # Held until Locust, which this process becomes, ends.
    if shared := PlayerLock.on(url, ids).note():
        note(shared)
    reach(target, url, ids[0])
    arguments += ["--users", str(users), "--spawn-rate", f"{spawn_rate or max(1.0, users / 10):g}"]
    # The audit decides what the run comes to; a lost answer alone breaks nothing.
    arguments += [] if _given(more, "--exit-code-on-error") else ["--exit-code-on-error", "0"]
    arguments += ["--run-time", lasting] if lasting else []
    arguments += ["--requests", str(requests)] if requests else []
    arguments += _addresses(processes, master, more)
    if web or any(_given(more, name) for name in _OPEN_PAGE):
        arguments += [] if _given(more, "--web-host") else ["--web-host", _LOOPBACK]
    else:
        arguments.append("--headless")
    become_locust([*arguments, *more])


def _elsewhere(
    url: str, users: int, lasting: str | None, ids: Sequence[str], more: tuple[str, ...]
) -> UsageProblem:
    """Say what would be sent to a machine that is not this one."""
    return UsageProblem(
        f"{url} is not on this machine. This would send, as fast as it answers{_bounded(more)}: bets and results of "
        f"{users} users at the same time, for {lasting or 'as long as the shape lasts'}, "
        f"for {len(ids)} players ({ids[0]} .. {ids[-1]})",
        "a target that you may load: a load test against somebody else's service is an attack",
        "add --yes where it is yours, or name another with -c or --host",
    )


def _target_options(config: Path | None, url: str, players: str | None, count: int | None) -> list[str]:
    options = ["--host", url]
    options += ["--target-file", str(config)] if config is not None else []
    options += ["--players", players] if players else []
    return options + (["--player-count", str(count)] if count else [])


def _addresses(processes: int | None, master: bool, more: tuple[str, ...]) -> list[str]:
    """Where master and workers meet: on this machine, unless the user says otherwise."""
    options = ["--master"] if master else []
    if processes is not None:
        options += ["--processes", str(processes)]
    if not options:
        return []
    if not _given(more, "--master-bind-host"):
        options += ["--master-bind-host", _LOOPBACK]
    if processes is not None and not master and not _given(more, "--master-bind-port"):
        # Another run on this machine may have the usual one.
        with bind(_LOOPBACK, 0) as free:
            port = str(free.getsockname()[1])
        options += ["--master-bind-port", port, "--master-port", port]
    return options


def _given(more: tuple[str, ...], name: str) -> bool:
    return any(each == name or each.startswith(f"{name}=") for each in more)


def _value(more: tuple[str, ...], name: str) -> str | None:
    """What is given for the option ``name``, in either way to write it; None where it is not given."""
    for at, each in enumerate(more):
        if each.startswith(f"{name}="):
            return each.partition("=")[2]
        if each == name and at + 1 < len(more):
            return more[at + 1]
    return None


def _bounded(more: tuple[str, ...]) -> str:
    pause = _value(more, "--pause")
    return f" and {pause} s between two rounds of each user" if pause else ""


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine and nowhere else, whatever its host resolves to."""
    host = urlsplit(url).hostname or ""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(each.partition("%")[0]).is_loopback for each in found)


def reach(target: Target, url: str, player_id: str) -> None:
    """Move one smallest unit to ``player_id`` and back. Raises TargetProblem where that is not answered as it must."""
    operator, players = target.need_operator()
    route = target.route(History(), timeout=operator.timeout)
    channel = Operator(url, operator.security_hash.get_secret_value(), route, operator.words)
    verbs, player = Verbs(channel), Player(player_id, players.currency)
    with said_if_slow(lambda: note(waiting_for_first_wager(operator.timeout))):
        first = verbs.result(player, player.unit, purpose=Purpose.FIRST_WAGER)
        if first.ok:
            verbs.bet(player, player.unit, purpose=Purpose.FIRST_WAGER)
    try:
        if not first.ok:
            raise why_untaken(channel, player, first, Redactor(target.secrets()))
    finally:
        route.close()


def become_locust(arguments: list[str]) -> None:
    """Go on as Locust, in this very process, so that signals and the exit code are its own.

    -P keeps Python from modules of the current directory, which may have a loadtests of its own.
    """
    if sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
        # Locust listens to keys, and the system stops what does so in the background.
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "loadtests", *arguments])  # noqa: S606
