"""The dialect that a target file names, as the two sides agreed on it: its file read, its values and key put in."""

from dataclasses import replace
from pathlib import Path

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.target.dialect_file import read_dialect
from scenarios.target.private_key import private_key
from scenarios.target.problems import Origin
from scenarios.target.sections import Operator
from simulators.dialects import SHIPPED
from simulators.providers import OPERATOR
from simulators.wallet.signers import RSA
from simulators.wallet.template_dialect import TemplateDialect


def spoken(operator: Operator, folder: Path, origin: Origin) -> Operator:
    """``operator`` with the dialect that it names: one that is built in, or a file, whose path begins in ``folder``.

    Raises UsageProblem.
    """
    words = read_dialect(SHIPPED.get(operator.dialect) or folder / operator.dialect)
    unknown = sorted(set(operator.agreed) - set(words.agreed))
    if unknown:
        raise _unknown(unknown[0], words, origin.key((OPERATOR, "agreed", unknown[0])))
    words = replace(words, agreed={**words.agreed, **operator.agreed_values()})
    secret = operator.security_hash.get_secret_value()
    if words.signer.method == RSA:
        secret = private_key(secret, folder, origin.key((OPERATOR, "security_hash")))
    return operator.speaking(words, secret)


def _unknown(name: str, words: TemplateDialect, key: str) -> UsageProblem:
    known = [*words.agreed]
    return UsageProblem(
        f"{key} is nothing that the dialect {words.name} has agreed on",
        f"one of {', '.join(known)}" if known else "no values: its file has no [agreed]",
        did_you_mean(name, known, "take it out, or add it to [agreed] of the dialect's file"),
    )
