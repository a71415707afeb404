"""The target file ``pitboss.toml`` and its overrides in the environment, read into one ``Target``."""

import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.target.driver_entries import ENTRIES, DriverSection, Template
from scenarios.target.players import Players
from scenarios.target.sections import DEFAULT_FILE, Checkout, Jackpot, Limits, Operator
from scenarios.target.target import Target
from scenarios.toml_files.problems import Origin, as_problem, spelled
from scenarios.toml_files.reading import read_toml, unreadable
from simulators.dialects import DEFAULT
from simulators.providers import OPERATOR

PREFIX = "PITBOSS_"
# Variables of one's own machine, beside the target file.
DOTENV = ".env"
# Values by section and key.
Spare = Mapping[str, Mapping[str, Any]]


def load(
    path: Path | None = None, environ: Mapping[str, str] = os.environ, spare: Spare = MappingProxyType({})
) -> Target:
    """Read the target file at ``path`` (None: ``./pitboss.toml``, where there is one) and the environment.

    ``PITBOSS_SECTION__KEY`` overrides the file, a text ``env:NAME`` stands for the variable NAME. Without a
    file the environment alone may describe the target. A file ``.env`` beside the target file adds variables that the
    environment has not. Where a variable is unset, the key's value in ``spare`` is taken and listed in ``made_up``.
    Raises UsageProblem, which tells of every fault found.
    """
    environ = {**_dotenv((path or Path(DEFAULT_FILE)).with_name(DOTENV)), **environ}
    overrides = _overrides(environ)
    data, found = _read(path, bool(overrides))
    origin = Origin(str(found) if found else "the environment", {})
    for keys, name in overrides.items():
        _put(data, keys, environ[name], name)
        origin.variables[keys] = name
    made_up = list(_make_up(data, environ, spare))
    return _checked(data, origin, environ, found.resolve() if found else None, made_up)


def from_sections(
    sections: Mapping[str, Mapping[str, Any]], where: str, environ: Mapping[str, str] = os.environ
) -> Target:
    """The target that ``sections`` describe, as a file would that had them; ``where`` names them in messages.

    A text ``env:NAME`` stands for the variable NAME. Raises UsageProblem, which tells of every fault found.
    """
    data = {name: dict(section) for name, section in sections.items()}
    return _checked(data, Origin(where, {}), environ)


def _checked(
    data: dict[str, Any],
    origin: Origin,
    environ: Mapping[str, str],
    path: Path | None = None,
    made_up: Sequence[str] = (),
) -> Target:
    """The target that ``data`` describes, read from ``path``, in part ``made_up``. Raises UsageProblem."""
    problems: list[UsageProblem] = []
    data = _resolve(data, (), environ, origin, problems)
    if problems:
        raise _together(problems)
    try:
        target = Target.model_validate(data)
    except ValidationError as invalid:
        raise _together(as_problem(invalid, Target, data, origin)) from None
    problems = list(contradictions(target, origin))
    if problems:
        raise _together(problems)
    target = _with_players_currency(target)
    target._path = path
    target._made_up = tuple(made_up)
    target = with_dialect(_with_whole_paths(target), origin)
    if target.target.probe == "call" and target.operator and not target.operator.words.abilities.balance_call:
        raise UsageProblem(
            f'{origin.key(("target", "probe"))} is "call", and the dialect {target.operator.dialect} has no such call',
            "a dialect with a balance call",
            'set probe = "wagers", or describe the call in [balance] of the dialect\'s file',
        )
    for name in (OPERATOR, "target"):
        section = getattr(target, name)
        if section is not None and section.ca_file is not None:
            _trust(section.ca_file, origin.key((name, "ca_file")))
    return target


def _trust(path: str, key: str) -> None:
    """Raise UsageProblem where the file at ``path``, which ``key`` names, holds no certificate."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        text = ""
        with suppress(OSError):
            text = Path(path).read_text(encoding="latin-1")
        reason = (
            "it holds a key, and no certificate"
            if "PRIVATE KEY-----" in text
            else "it holds no certificate"
            if isinstance(error, ssl.SSLError)
            else error.strerror
        )
        raise UsageProblem(
            f"{key} is {path}: {reason}",
            "a file in PEM with the certificates of the authorities that https addresses are verified against",
            "correct the path (relative ones begin at the target file), or leave it out for the system's authorities",
        ) from None


def _make_up(data: dict[str, Any], environ: Mapping[str, str], spare: Spare) -> Iterator[str]:
    """Put the values of ``spare`` into ``data`` where that names a variable that is unset; tell of each."""
    for section, values in spare.items():
        given = data.get(section)
        table = given if isinstance(given, dict) else {}
        for key in sorted(values.keys() & table.keys()):
            variable = variable_named(table[key])
            if variable is not None and variable not in environ:
                table[key] = values[key]
                yield f"{spelled((section, key))}: the variable {variable} is unset"


def variable_named(value: object) -> str | None:
    """The variable whose value is meant by ``value``, a text "env:NAME"; None where it is another value."""
    return value.removeprefix("env:").strip() if isinstance(value, str) and value.startswith("env:") else None


def _together(problems: list[UsageProblem]) -> UsageProblem:
    first, *more = problems
    return UsageProblem(first.came, first.expected, first.next_step, tuple(more))


def _dotenv(file: Path) -> dict[str, str]:
    """The variables of a file ``.env``; none where there is no file. Raises UsageProblem."""
    if not file.is_file():
        return {}
    # Most folders have none, and need not wait for what reads it.
    from dotenv import dotenv_values

    try:
        found = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(file, problem, "lines NAME=value in UTF-8") from None
    return {name: value for name, value in found.items() if value is not None}


def _read(path: Path | None, enough_without: bool) -> tuple[dict[str, Any], Path | None]:
    found = path if path is not None else Path(DEFAULT_FILE)
    try:
        return read_toml(found, "pitboss init --output example.toml"), found
    except FileNotFoundError:
        if path is None and enough_without:
            return {}, None
        raise UsageProblem(
            f"there is no file {found}",
            "a target file that says where the CLIENT is, the shared secret and a player",
            "write one with `pitboss init`"
            + ("" if path is None else f" --output {path}")
            + ", or name yours with -c",
        ) from None


def _overrides(environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """The variables that override a key, by the key's path; ``PITBOSS_X`` without ``__`` is none of them."""
    found = {}
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and "__" in name:
            found[tuple(part.lower() for part in name[len(PREFIX) :].split("__"))] = name
    return found


def _put(data: dict[str, Any], keys: tuple[str, ...], value: str, name: str) -> None:
    table: Any = data
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise UsageProblem(
                f"{name} sets a key inside {key}, which is no table in the target file",
                "a variable PITBOSS_SECTION__KEY for a key of a section",
                f"unset {name} or correct its name",
            )
    table[keys[-1]] = value


def _resolve(
    value: Any,
    keys: tuple[str, ...],
    environ: Mapping[str, str],
    origin: Origin,
    problems: list[UsageProblem],
) -> Any:
    match value:
        case dict():
            return {k: _resolve(v, (*keys, k), environ, origin, problems) for k, v in value.items()}
        case list():
            return [_resolve(v, (*keys, str(n)), environ, origin, problems) for n, v in enumerate(value)]
        case str() if (name := variable_named(value)) is not None:
            if name in environ:
                return environ[name]
            problems.append(
                UsageProblem(
                    f'{origin.key(keys)} is "env:{name}", and the variable {name} is unset',
                    f"a variable {name} in the environment, so that the value stays out of the file",
                    f"set it: export {name}=..., or in a file {DOTENV} beside the target file; "
                    + did_you_mean(name, environ, "or write the value itself"),
                )
            )
            return value
    return value


def contradictions(target: Target, origin: Origin) -> Iterator[UsageProblem]:
    """What ``target`` says in two ways that cannot both be meant."""
    probe, balance = target.target.probe, target.driver.balance
    through_driver = probe not in ("", "wagers", "call")
    if through_driver and not (balance or (target.driver.python and probe == "http")):
        yield UsageProblem(
            f'{origin.key(("target", "probe"))} is "{probe}", and [driver] has no balance',
            "an entry balance in [driver], through which balances are read",
            f'add to [driver]: {target.missing("balance")}; or set probe = "wagers"',
        )
    elif through_driver and balance and balance.kind != probe:
        yield UsageProblem(
            f'{origin.key(("target", "probe"))} is "{probe}", and [driver] balance is {balance.kind}',
            "both of the same kind",
            f'set probe = "{balance.kind}"',
        )
    operator, players = target.operator, target.players
    if operator and players and "currencies" in operator.model_fields_set:
        agreed = operator.currencies
        if players.currency not in agreed:
            yield UsageProblem(
                f'{origin.key(("players", "currency"))} is "{players.currency}"',
                f"one of [operator] currencies, {', '.join(agreed)}: no session starts in any other",
                f"add {players.currency} to currencies, or choose a player with one of them",
            )


def _with_players_currency(target: Target) -> Target:
    """Where no currencies are agreed on in the file, the players' own is one of them."""
    operator, players = target.operator, target.players
    if operator is None or players is None or players.currency in operator.currencies:
        return target
    currencies = (players.currency, *operator.currencies)
    return target.model_copy(update={OPERATOR: operator.model_copy(update={"currencies": currencies})})


def with_dialect(target: Target, origin: Origin) -> Target:
    """Where a file describes the dialect, it is read: one that is shipped, or from the target file's directory.

    Raises UsageProblem.
    """
    operator = target.operator
    if operator is None or operator.dialect == DEFAULT:
        if operator is not None and operator.agreed:
            raise UsageProblem(
                f"{origin.key((OPERATOR, 'agreed'))} has values, and the dialect {DEFAULT} takes none",
                "the values that a dialect's [agreed] names",
                "take it out, or name the dialect that it is meant for",
            )
        return target
    # Most target files name none, and need not wait for what reads it.
    from scenarios.dialects.agreed import agreed_dialect

    secret = operator.security_hash.get_secret_value()
    spoken = agreed_dialect(operator.dialect, operator.agreed_values(), secret, target.directory, origin)
    return target.model_copy(update={OPERATOR: operator.speaking(*spoken)})


def _with_whole_paths(target: Target) -> Target:
    """``ca_file`` is meant from the target file's directory."""
    for name in (OPERATOR, "target"):
        section = getattr(target, name)
        if section is not None and section.ca_file is not None:
            path = str(target.directory / section.ca_file)
            target = target.model_copy(update={name: section.model_copy(update={"ca_file": path})})
    return target


__all__ = [
    "DEFAULT_FILE",
    "ENTRIES",
    "Checkout",
    "DriverSection",
    "Jackpot",
    "Limits",
    "Operator",
    "Players",
    "Target",
    "Template",
    "contradictions",
    "from_sections",
    "load",
]
