"""Our options, in Locust's own ``--help`` and web form. None holds a secret: secrets come from the environment.

Shares and sizes are those of ``Rates``, whose defaults and names they take, so that each is written once.
"""

from argparse import Namespace
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from loadtests.traffic.mix import Match, Rates, Vouchers, WrongSize
from loadtests.traffic.player_names import Pattern
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from scenarios.target.sections import DEFAULT_FILE
from scenarios.toml_files.values import callback_url
from simulators.transport.delivery import Fault
from simulators.transport.faults.table import parse_fault, spell_fault
from simulators.transport.faults.wire import ClientKilled
from simulators.values import money

# Importing Locust changes the whole process: only whoever runs under it does.
if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser
    from locust.event import Events

# Names of ``--shape``; ``loadtests.shapes.shapes`` says what each does.
SHAPES: Final = ("steady", "ramp", "spike", "soak", "match-day")
MATCH_DAY: Final = SHAPES[4]

_DEFAULT: Final = Rates()
_NO_VOUCHERS: Final = Vouchers()
# Every share and count of Rates, with what help says.
RATES: Final = {
    "wins": "Share of accepted bets that are won.",
    "voids": "Share of accepted bets that are rolled back.",
    "cash_outs": "Share of accepted bets that are cashed out; the rest is lost.",
    "copies": "Share of transactions that are sent again after their answer.",
    "races": "Share of transactions that leave several times at once.",
    "race_width": "How many copies leave at once.",
    "orphans": "Share of rounds with a rollback of what was never sent.",
    "late_bets": "Share of these in which it is sent, too: half together with it, half once it was answered.",
    "late_results": "Share of bets that are settled only once the player has placed the next one.",
    "cuts": "Share of transactions that meet a fault on their way: one of --faults.",
    "forgeries": "Share of rounds with a request whose hash is wrong.",
    "pause": "Mean seconds between two rounds of a player.",
}
# Every size of Vouchers, with what help says.
VOUCHERS: Final = {
    "conversions": "Conversions into Jackpot vouchers that begin each second, on the same wallets ([jackpot] and "
    "[driver] voucher_session and voucher in the target file).",
    "cancels": "Share of conversions whose voucher is canceled before the CLIENT hears of it.",
    "refunds": "Share of conversions whose voucher is to be refunded once it is ready; half of these are granted.",
    "store_changes": "Share of conversions that come with news of a store: withdrawn, or changed, and then put back.",
}

# The options of stakes, each with what help says and its default in the players' currency.
STAKES: Final = {
    "least_stake": ("The lowest stake, in the players' currency.", "1"),
    "most_stake": ("The highest stake.", "10"),
}
FAULTS_HELP: Final = (
    "The faults of --cuts, with blanks between; docs/faults.md lists all of them and their parameters."
)
_own_file: Final = deque([""], maxlen=1)
_METAVARS: Final = {"pause": "SECONDS", "conversions": "RATE"}


def register(events: "Events") -> None:
    """Add the options to Locust's command line and web form."""
    events.init_command_line_parser.add_listener(add_options)


def add_options(parser: "LocustArgumentParser", **_: Any) -> None:
    """Add a group of options to Locust's ``parser``."""
    group = parser.add_argument_group(
        "pitboss: the CLIENT and its players",
        f"The secret and all else come from the target file or the environment (SECURITY_HASH);\n  without "
        f"{DEFAULT_FILE} they fit `pitboss client`. --host is the callback URL, where it is another.",
    )
    file = add_option(
        group,
        "--target-file",
        "",
        "The target file; without it pitboss.toml, where there is one.",
        "FILE",
        ui=False,
    )
    file.type = _named
    add_option(
        group,
        "--players",
        "",
        "Ids of the players as a pattern, such as load-{n}; without it those of the target file.",
        "PATTERN",
    )
    add_option(group, "--player-count", 0, "How many players the pattern stands for.")
    add_option(group, "--seed", 0, "What bets, amounts and disturbances are drawn by.")
    for name, (words, default) in STAKES.items():
        add_option(group, "--" + name.replace("_", "-"), default, words, "AMOUNT")
    traffic = parser.add_argument_group("pitboss: how often what happens")
    for name, words in RATES.items():
        add_option(
            traffic, "--" + name.replace("_", "-"), getattr(_DEFAULT, name), words, _METAVARS.get(name)
        )
    for name, words in VOUCHERS.items():
        add_option(
            traffic, "--" + name.replace("_", "-"), getattr(_NO_VOUCHERS, name), words, _METAVARS.get(name)
        )
    add_option(
        traffic,
        "--faults",
        " ".join(map(spell_fault, _DEFAULT.faults)),
        FAULTS_HELP,
        "FAULTS",
    )
    _add_shapes(parser.add_argument_group("pitboss: the shape of the load"))


def _add_shapes(group: Any) -> None:
    shape = group.add_argument(
        "--shape",
        choices=SHAPES,
        default=SHAPES[0],
        env_var="PITBOSS_LOAD_SHAPE",
        help="steady: --users for --run-time. ramp: more users step by step, each audited, until p99 is over "
        "--p99-limit, requests fail or the audit is not clean, then finer: the highest rate that holds. spike: a tenth "
        "of --users, all of them at once, a tenth again. soak: half of --users, for hours. match-day: everybody bets, "
        "the goal falls, everything is settled. "
        f"[default: {SHAPES[0]}]",
    )
    # It is made when Locust starts, before there is a form.
    shown_in_form(shape, shown=False)
    add_option(
        group,
        "--requests",
        0,
        "The run ends once so many requests were sent, whatever time that takes; 0: by its time or shape alone.",
    )
    add_option(
        group, "--p99-limit", 250, "ramp: milliseconds within which 99 of 100 answers must come.", "MS"
    )
    add_option(
        group, "--step-time", 10, "ramp: seconds for each number of users. spike: of each phase.", "SECONDS"
    )
    add_option(
        group,
        "--match-seconds",
        Match().seconds,
        "match-day: seconds of a match; at half time the goal falls.",
        "SECONDS",
    )
    add_option(group, "--match-bets", Match().bets, "match-day: bets of each player in a match.")


def add_option(
    group: Any, flag: str, default: float | str, words: str, metavar: str | None = None, *, ui: bool = True
) -> Any:
    """Add an option of ours to a group of Locust's, and return it; ``ui``: to its web form, too."""
    written = f"{default:g}" if isinstance(default, float) else default
    shown = f" [default: {written}]" if written != "" else ""
    action = group.add_argument(
        flag,
        type=type(default),
        default=default,
        metavar=metavar or {float: "SHARE", int: "N", str: "TEXT"}[type(default)],
        help=words.replace("%", "%%") + shown,
        env_var="PITBOSS_LOAD_" + flag.strip("-").upper().replace("-", "_"),
    )
    shown_in_form(action, shown=ui)
    return action


def own_target_file() -> str:
    """The target file that the command line of this process names: the master's, which travels to its workers with all
    options, may be another."""
    return _own_file[-1]


def _named(file: str) -> str:
    _own_file.append(file)
    return file


def shown_in_form(action: Any, *, shown: bool) -> None:
    """Do what Locust's parser does for options of its own; its groups leave it out."""
    action.include_in_web_ui = shown
    action.is_secret = action.is_required = action.is_multiple = False


def players_named(pattern: str | None, count: int | None, known: Sequence[str]) -> Sequence[str]:
    """The ids of the players: ``count`` of a ``pattern`` such as load-{n}, or those that are ``known``.

    Raises UsageProblem.
    """
    if not pattern:
        if count:
            raise UsageProblem(
                f"--player-count is {count}, and there is no --players",
                "a pattern that the count belongs to",
                "add --players 'load-{n}', or leave --player-count out",
            )
        return known
    if not count or count < 1:
        raise UsageProblem(
            f"--players is {pattern!r}, and --player-count is {count or 'not given'}",
            "how many players the pattern stands for, 1 at least",
            "add --player-count 1000",
        )
    try:
        return Pattern(pattern, count)
    except ValueError as error:
        raise UsageProblem(
            f"--players is {pattern!r}: {error}", "a pattern with {n} in it", "write --players 'load-{n}'"
        ) from None


def callback_url_of(target: Target, host: str | None) -> str:
    """The address of the CLIENT's callbacks: ``host``, which --host gives, or the target's. Raises UsageProblem."""
    if not host:
        return target.need_operator()[0].callback_url
    try:
        return callback_url(host)
    except ValueError as error:
        shown = "" if "@" in host else f" is {host}"
        raise UsageProblem(
            f"--host{shown}: {error}", "the http(s) address of the CLIENT's callbacks", "correct --host"
        ) from None


def rates(options: Namespace, currency: str) -> Rates:
    """The sizes that were asked for; stakes in minor units of ``currency``. Raises UsageProblem."""
    match = None
    if options.shape == MATCH_DAY:
        if options.match_seconds < 1 or options.match_bets < 1:
            raise UsageProblem(
                f"--match-seconds is {options.match_seconds:g}, --match-bets is {options.match_bets}",
                "a match of at least 1 second with at least 1 bet",
                "correct them",
            )
        match = Match(options.match_seconds, options.match_bets, options.match_seconds / 10)
    return mix(vars(options), currency, match)


def mix(given: Mapping[str, Any], currency: str, match: Match | None = None) -> Rates:
    """The sizes that are ``given`` by name; stakes are texts, in ``currency``. Raises WrongSize."""
    return Rates(
        **{name: given[name] for name in RATES if name in given},
        **{name: _stake(name, given[name], currency) for name in STAKES},
        match=match,
        faults=_faults(given["faults"]),
    )


def vouchers(given: Mapping[str, Any]) -> Vouchers:
    """How often players convert, of what is ``given`` by name. Raises WrongSize."""
    return Vouchers(**{name: given[name] for name in VOUCHERS})


def _faults(text: str) -> tuple[Fault, ...]:
    expected = "faults as docs/faults.md names them, such as answer-lost slow-body:chunk=1"
    try:
        found = tuple(parse_fault(each) for each in text.split())
    except ValueError as error:
        raise WrongSize("faults", f"{text!r}: {error}", expected) from None
    if not found or any(isinstance(each, ClientKilled) for each in found):
        raise WrongSize("faults", repr(text), f"{expected}; nothing here can kill the CLIENT")
    return found


def _stake(name: str, text: str, currency: str) -> int:
    """The amount ``text`` in minor units of ``currency``."""
    try:
        return money.to_minor(Decimal(money.parse(text)), currency)
    except ValueError as error:
        raise WrongSize(name, f"{text!r}: {error}", f"an amount of {currency}, such as 10 or 2.50") from None
