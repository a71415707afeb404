"""Everything that is known of a target, in one value."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, PrivateAttr, SecretStr

from scenarios.problems.errors import UsageProblem
from scenarios.target.driver_entries import DriverSection, spellings
from scenarios.target.players import Players
from scenarios.target.sections import EXAMPLE_ORIGIN, Checkout, Jackpot, Limits, Operator
from scenarios.toml_files.section import Section
from simulators.exchanges.history import History
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.transport.route import Route


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

    def with_made_up(self, section: str, value: Section, said: str) -> Self:
        """A copy in which ``section`` is ``value``, some or all of which the file has not, as ``said`` says."""
        copy = self.model_copy(update={section: value})
        copy._made_up = (*self._made_up, said)
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

    @property
    def probe(self) -> str:
        """How balances are read: as the file says, else by the dialect's balance call, else by wagers."""
        asked = self.operator is not None and self.operator.words.abilities.balance_call
        return self.target.probe or ("call" if asked else "wagers")

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
