"""The dialect that a target file names, as the two sides agreed on it: its file read, its values and key put in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from scenarios.dialects.file import read_dialect
from scenarios.dialects.names import DIALECT_CLASS
from scenarios.dialects.private_key import private_key
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.problems.user_code import UserClass
from scenarios.toml_files.problems import Origin
from simulators.dialects import SHIPPED
from simulators.providers import OPERATOR
from simulators.wallet.dialect import Dialect
from simulators.wallet.signers import RSA
from simulators.wallet.template_dialect import TemplateDialect

# A text, or a text for each player, by the names of what is agreed on.
Agreed = Mapping[str, str | dict[str, str]]


def agreed_dialect(
    name: str, agreed: Agreed, secret: str, folder: Path, origin: Origin
) -> tuple[Dialect, str]:
    """The dialect called ``name``, with what is ``agreed`` put in, and the secret or private key that signs in it.

    It is one that is built in, or a file or a class, found from ``folder``. Raises UsageProblem.
    """
    if DIALECT_CLASS.fullmatch(name):
        return dialect_of(name, folder, origin.key((OPERATOR, "dialect")), agreed), secret
    words = read_dialect(SHIPPED.get(name) or folder / name)
    if unknown := sorted(set(agreed) - set(words.agreed)):
        raise _unknown(unknown[0], words, origin.key((OPERATOR, "agreed", unknown[0])))
    if words.signer.method == RSA:
        secret = private_key(secret, folder, origin.key((OPERATOR, "security_hash")))
    return replace(words, agreed={**words.agreed, **agreed}), secret


def dialect_of(spec: str, folder: Path, key: str, agreed: Agreed = MappingProxyType({})) -> Dialect:
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
