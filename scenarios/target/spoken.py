"""The dialect that a target file names, as the two sides agreed on it: its file read, its values and key put in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.problems.user_code import UserClass
from scenarios.target.dialect_file import read_dialect
from scenarios.target.private_key import private_key
from scenarios.target.problems import Origin
from scenarios.target.sections import DIALECT_CLASS, Operator
from simulators.dialects import SHIPPED
from simulators.providers import OPERATOR
from simulators.wallet.dialect import Dialect
from simulators.wallet.signers import RSA
from simulators.wallet.template_dialect import TemplateDialect


def spoken(operator: Operator, folder: Path, origin: Origin) -> Operator:
    """``operator`` with the dialect that it names: one that is built in, or a file or a class, found from ``folder``.

    Raises UsageProblem.
    """
    if DIALECT_CLASS.fullmatch(operator.dialect):
        key, agreed = origin.key((OPERATOR, "dialect")), operator.agreed_values()
        own = dialect_of(operator.dialect, folder, key, agreed)
        return operator.speaking(own, operator.security_hash.get_secret_value())
    words = read_dialect(SHIPPED.get(operator.dialect) or folder / operator.dialect)
    unknown = sorted(set(operator.agreed) - set(words.agreed))
    if unknown:
        raise _unknown(unknown[0], words, origin.key((OPERATOR, "agreed", unknown[0])))
    words = replace(words, agreed={**words.agreed, **operator.agreed_values()})
    secret = operator.security_hash.get_secret_value()
    if words.signer.method == RSA:
        secret = private_key(secret, folder, origin.key((OPERATOR, "security_hash")))
    return operator.speaking(words, secret)


def dialect_of(
    spec: str, folder: Path, key: str, agreed: Mapping[str, str | dict[str, str]] = MappingProxyType({})
) -> Dialect:
    """An instance of the class of dialects ``spec``, "module:Class", made with what is ``agreed``.

    ``key`` is where it is named. Raises UsageProblem.
    """
    purpose = "a class that extends simulators.wallet.dialect.Dialect, made with [operator] agreed by name"
    words = UserClass(key, spec, purpose).made(folder, agreed)
    if not isinstance(words, Dialect):
        raise UsageProblem(
            f'{key} = "{spec}": it is no Dialect, but {type(words).__name__}',
            purpose,
            "derive the class from Dialect, and define what it asks for; docs/dialects.md shows one",
        )
    return words


def _unknown(name: str, words: TemplateDialect, key: str) -> UsageProblem:
    known = [*words.agreed]
    return UsageProblem(
        f"{key} is nothing that the dialect {words.name} has agreed on",
        f"one of {', '.join(known)}" if known else "no values: its file has no [agreed]",
        did_you_mean(name, known, "take it out, or add it to [agreed] of the dialect's file"),
    )
