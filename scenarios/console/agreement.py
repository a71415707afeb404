"""The form that the CLIENT fills in, and what the OPERATOR hands back (``sportsbook.txt``, *Terms and concepts*).

What is filled in acts on the OPERATOR that is served, at once; a check reads the target file, for which the form gives
the lines. What is handed back holds secrets: it is on no page before it is asked for.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.console.form_input import FormInput, Misfilled, changed
from scenarios.console.providers import ServedProviders
from scenarios.hosting.operator import agreed_on
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Operator, contradictions
from scenarios.toml_files.problems import Origin
from simulators.providers import OPERATOR

# The document's names, by the keys of [operator].
FIELDS: Final[Mapping[str, str]] = {
    "server_ip": "Server IP address",
    "callback_url": "Callback URL",
    "website": "Website URL",
    "currencies": "Currency or currencies",
    "languages": "Supported languages",
}
_LISTS: Final = ("server_ip", "currencies", "languages")
_ORIGIN: Final = Origin("the form")
# How what is handed back can be written.
WAYS: Final = ("env", "json", "curl")


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the form; ``hint`` says what is expected."""

    name: str
    label: str
    value: str
    hint: str


class AgreementForm:
    """The form of the OPERATOR that is served among ``providers``."""

    def __init__(self, providers: ServedProviders) -> None:
        self.providers = providers

    def entries(self) -> list[Entry]:
        """The form as it is filled in now."""
        written = _written(self._operator)
        return [
            Entry(
                name, label, written[name], (Operator.model_fields[name].description or "").replace("`", "")
            )
            for name, label in FIELDS.items()
        ]

    def lines(self) -> str:
        """The lines of the target file that keep what is filled in."""
        operator = self._operator
        given = {name: getattr(operator, name) for name in FIELDS}
        kept = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items() if value]
        return "\n".join(["[operator]", *kept]) + "\n"

    def fill_in(self, asked: FormInput) -> dict[str, Any]:
        """Let what the form says be agreed from now on; raises Misfilled."""
        self.providers.need(OPERATOR)
        given = {name: asked.maybe(name) for name in FIELDS}
        read = {
            name: [word.strip() for word in (text or "").split(",") if word.strip()]
            if name in _LISTS
            else text
            for name, text in given.items()
        }
        operator = changed(self._operator, read, _unfit)
        target = self.providers.target.model_copy(update={OPERATOR: operator})
        if wrong := list(contradictions(target, _ORIGIN)):
            # All that the form can contradict is the currency of the test players.
            raise Misfilled({"currencies": wrong[0]})
        self.providers.target = target
        simulator = self.providers.need(OPERATOR).simulator
        simulator.endpoint.url = operator.callback_url
        simulator.agreement = agreed_on(target)
        return {"fields": _written(operator), "lines": self.lines()}

    def hand_back(self, asked: FormInput) -> dict[str, Any]:
        """What the OPERATOR hands back, by the document's names, and as a text written in one of WAYS."""
        way = asked.choice("way", WAYS, "env")
        values = self._values()
        return {"values": values, "text": _AS[way](values)}

    def _values(self) -> dict[str, str]:
        hosted = self.providers.need(OPERATOR)
        agreement = hosted.simulator.agreement
        return {
            "API_URL": hosted.listener.url,
            "API_VERSION": agreement.version or "",
            "CLIENT_USERNAME": agreement.username,
            "CLIENT_PASSWORD": agreement.password,
            "SECURITY_HASH": self._operator.words.checked_with(
                self._operator.security_hash.get_secret_value()
            ),
        }

    @property
    def _operator(self) -> Operator:
        operator, _ = self.providers.target.need_operator()
        return operator


def _unfit(name: str, why: str) -> UsageProblem:
    field = Operator.model_fields[name]
    written = json.loads(str((field.examples or ['""'])[0]))
    example = ", ".join(written) if name in _LISTS else written
    return UsageProblem(f"{FIELDS[name]}: {why}", field.description or "", f"write for example: {example}")


def _written(operator: Operator) -> dict[str, str]:
    values = {name: getattr(operator, name) for name in FIELDS}
    return {name: ", ".join(value) if name in _LISTS else value or "" for name, value in values.items()}


def _env(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def _curl(values: Mapping[str, str]) -> str:
    under = f"/{values['API_VERSION']}" if values["API_VERSION"] else ""
    body = json.dumps(
        {"username": values["CLIENT_USERNAME"], "password": values["CLIENT_PASSWORD"]}, ensure_ascii=False
    )
    address = shlex.quote(f"{values['API_URL']}{under}/auth")
    return f"curl -X POST {address} -H 'Content-Type: application/json' -d {shlex.quote(body)}\n"


_AS: Final = {
    "env": _env,
    "json": lambda values: json.dumps(values, indent=2, ensure_ascii=False) + "\n",
    "curl": _curl,
}
