"""The target file ``pitboss.toml`` and its overrides in the environment, read into one ``Target``."""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationError

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.target.driver_entries import ENTRIES, DriverSection, Template, spellings
from scenarios.target.players import Players
from scenarios.target.problems import Origin, as_problem, spelled
from scenarios.target.sections import (
    DEFAULT_FILE,
    EXAMPLE_ORIGIN,
    Checkout,
    Jackpot,
    Limits,
    Operator,
    Section,
)
from scenarios.target.toml_file import read_toml, unreadable
from simulators.dialects import DEFAULT
from simulators.exchanges.history import History
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.transport.route import Route

PREFIX = "PITBOSS_"
# Variables of one's own machine, beside the target file.
DOTENV = ".env"
# Values by section and key.
Spare = Mapping[str, Mapping[str, Any]]


class Target(Section):
    """Everything a run knows of its target. Sections that the file leaves out are None.

    ``[target]`` and ``[driver]`` have defaults for all their keys, and are always there.
    """

    operator: Operator | None = None
    players: Players | None = None
    jackpot: Jackpot | None = None
    checkout: Checkout | None = None
    target: Limits = Field(default_factory=Limits)
    driver: DriverSection = Field(default_factory=DriverSection)
    _path: Path | None = PrivateAttr(None)
    _made_up: tuple[str, ...] = PrivateAttr(())

    @property
    def made_up(self) -> tuple[str, ...]:
        """What neither file nor environment said and ``load`` took from its ``spare``, in words without secrets."""
        return self._made_up

    def with_made_up(self, section: str, value: Section, told: str) -> Self:
        """A copy in which ``section`` is ``value``, some or all of which the file has not, as ``told`` says."""
        copy = self.model_copy(update={section: value})
        copy._made_up = (*self._made_up, told)
        return copy

    @property
    def path(self) -> Path | None:
        """The file it was read from, None where it came from the environment alone."""
        return self._path

    @property
    def directory(self) -> Path:
        """Where relative paths, Python drivers and shell commands start."""
        return self._path.parent if self._path else Path.cwd()

    @property
    def ca_file(self) -> str | None:
        """The path of the certificates that https addresses are verified against; None: the system's."""
        return (self.operator.ca_file if self.operator else None) or self.target.ca_file

    def route(self, history: History, **options: Any) -> Route:
        """A way to the CLIENT, recorded in ``history``; ``options`` are Route's own."""
        headers = tuple((name, value.get_secret_value()) for name, value in self.target.headers.items())
        return Route(history, ca_file=self.ca_file, headers=headers, **options)

    def need_operator(self) -> tuple[Operator, Players]:
        """Return ``[operator]`` and ``[players]``; raises UsageProblem where one is missing."""
        if self.operator is None:
            raise self._lacking(OPERATOR, Operator, "without it there is nothing to send wagers to")
        if self.players is None:
            raise self._lacking("players", Players, "wagers are made for a player that the CLIENT knows")
        return self.operator, self.players

    def need_jackpot(self) -> Jackpot:
        """Return ``[jackpot]``; raises UsageProblem where it is missing."""
        if self.jackpot is None:
            raise self._lacking(JACKPOT, Jackpot, "without it there is nothing to notify")
        return self.jackpot

    def need_checkout(self) -> Checkout:
        """Return ``[checkout]``; raises UsageProblem where it is missing."""
        if self.checkout is None:
            raise self._lacking(CHECKOUT, Checkout, "without it tokens cannot be verified")
        return self.checkout

    def _lacking(self, section: str, model: type[BaseModel], why: str) -> UsageProblem:
        lines = [
            f"{key} = {(field.examples or [''])[0]}"
            for key, field in model.model_fields.items()
            if field.is_required()
        ]
        return UsageProblem(
            f"{self._path or 'the environment'} has no section [{section}]",
            f"a section [{section}]: {why}",
            f"add: [{section}] with {', '.join(lines)}",
        )

    def secrets(self) -> dict[str, str]:
        """Every secret value by its name ("operator.security_hash"), for whoever keeps them out of sight."""
        return dict(self._each_secret())

    def _each_secret(self) -> Iterator[tuple[str, str]]:
        for section in PROVIDERS:
            model: Section | None = getattr(self, section)
            for key in type(model).model_fields if model is not None else ():
                value = getattr(model, key)
                if isinstance(value, SecretStr):
                    yield f"{section}.{key}", value.get_secret_value()
        for name, agreed in self.operator.agreed_values().items() if self.operator else ():
            each = agreed.items() if isinstance(agreed, dict) else [(name, agreed)]
            yield from ((f"{OPERATOR}.agreed.{own}", text) for own, text in each)
        for name, value in self.target.headers.items():
            yield from spellings(f"target.headers.{name}", value.get_secret_value())
        for name, template in self.driver.templates().items():
            for key, text in template.secrets():
                yield f"driver.{name}.{key}", text

    def missing(self, entry: str) -> str:
        """The line to add to ``[driver]`` so that ``entry`` is there, with the CLIENT's own address in it."""
        example = str((DriverSection.model_fields[entry].examples or [""])[0])
        return f"{entry} = {self.at_its_origin(example)}"

    def at_its_origin(self, example: str) -> str:
        """``example`` with the CLIENT's own address in place of the one that examples have, where it is known."""
        if self.operator is None:
            return example
        parts = urlsplit(self.operator.callback_url)
        return example.replace(EXAMPLE_ORIGIN, f"{parts.scheme}://{parts.netloc}")


def load(
    path: Path | None = None, environ: Mapping[str, str] = os.environ, spare: Spare = MappingProxyType({})
) -> Target:
    """Read the target file at ``path`` (None: ``./pitboss.toml``, where there is one) and the environment.

    ``PITBOSS_SECTION__KEY`` overrides the file, a text ``env:NAME`` stands for the variable NAME. Without a
    file the environment alone may describe the target. A file ``.env`` beside the target file adds variables that the
    environment has not. Where a variable is unset, the key's value in ``spare`` is taken and told in ``made_up``.
    Raises UsageProblem, which tells of every fault found.
    """
    environ = {**_dotenv((path or Path(DEFAULT_FILE)).with_name(DOTENV)), **environ}
    overrides = _overrides(environ)
    data, found = _read(path, bool(overrides))
    origin = Origin(str(found) if found else "the environment", {})
    for keys, name in overrides.items():
        _put(data, keys, environ[name], name)
        origin.variables[keys] = name
    problems: list[UsageProblem] = []
    made_up = list(_make_up(data, environ, spare))
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
    target._path = found.resolve() if found else None
    target._made_up = tuple(made_up)
    target = with_dialect(_with_whole_paths(target), origin)
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
    if probe != "wagers" and not (balance or (target.driver.python and probe == "http")):
        yield UsageProblem(
            f'{origin.key(("target", "probe"))} is "{probe}", and [driver] has no balance',
            "an entry balance in [driver], through which balances are read",
            f'add to [driver]: {target.missing("balance")}; or set probe = "wagers"',
        )
    elif probe != "wagers" and balance and balance.kind != probe:
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
    from scenarios.target.spoken import spoken

    return target.model_copy(update={OPERATOR: spoken(operator, target.directory, origin)})


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
    "load",
]
