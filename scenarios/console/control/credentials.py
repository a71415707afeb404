"""What the providers share with the CLIENT, changed while they are served: a test of how it takes a new secret."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import SecretStr

from scenarios.console.form_input import FormInput, changed
from scenarios.console.providers import ServedProviders
from scenarios.hosting import checkout, jackpot, operator
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

# The keys of each section of the target file that can be changed.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    OPERATOR: ("username", "password", "security_hash"),
    JACKPOT: ("api_key", "api_signature", "client_secret"),
    CHECKOUT: ("key", "decision_key", "authentication"),
}


def _operator(simulator: Any, target: Target) -> None:
    section, _ = target.need_operator()
    simulator.agreement = operator.agreed_on(target)
    simulator.endpoint.secret = section.security_hash.get_secret_value()


def _jackpot(simulator: Any, target: Target) -> None:
    simulator.agreement = simulator.service.agreement = jackpot.agreed_on(target.need_jackpot())


def _checkout(simulator: Any, target: Target) -> None:
    simulator.agreement = checkout.agreed_on(target.need_checkout())


# What lets a simulator hold to the credentials of a target.
_APPLY: Final[Mapping[str, Callable[[Any, Target], None]]] = {
    OPERATOR: _operator,
    JACKPOT: _jackpot,
    CHECKOUT: _checkout,
}


def values(providers: ServedProviders, provider: str) -> dict[str, str]:
    """What a provider shares with the CLIENT now, by the keys of its section; secrets in full."""
    section = getattr(providers.target, provider)
    shared = {key: getattr(section, key) for key in KEYS[provider]}
    return {
        key: value.get_secret_value() if isinstance(value, SecretStr) else value
        for key, value in shared.items()
        if value is not None
    }


def rotate(providers: ServedProviders, asked: FormInput) -> dict[str, Any]:
    """Let a provider share other credentials from now on; those that are not named stay. Raises Misfilled.

    What was signed and given out before keeps its worth. The answer names what changed, without its value.
    """
    provider = asked.choice("provider", tuple(providers.served))
    given = {key: text for key in KEYS[provider] if (text := asked.text(key))}
    if not given:
        raise UsageProblem(
            "no credential was given", f"one of {', '.join(KEYS[provider])}, with its new value", "give one"
        )
    section = getattr(providers.target, provider)
    renewed = changed(section, given, _unfit)
    target = providers.target.model_copy(update={provider: renewed})
    # Known as secrets before anything is sent with them; those of before stay so, as they stand in the history.
    secrets = {
        f"{provider}.{key}": text
        for key, text in given.items()
        if isinstance(getattr(renewed, key), SecretStr)
    }
    simulator = providers.need(provider).simulator
    for redactor in (providers.redactor, simulator.redactor):
        redactor.learn(secrets)
    _APPLY[provider](simulator, target)
    providers.target = target
    return {"provider": provider, "changed": list(given)}


def _unfit(key: str, why: str) -> UsageProblem:
    return UsageProblem(
        f"{key}: {why}", f"a {key} as the target file takes it", "see docs/check.md for how it is written"
    )
