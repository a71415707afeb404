"""The private key of a dialect that signs by RSA: in the target file, a variable, or a file of its own."""

from pathlib import Path

from scenarios.problems.errors import UsageProblem
from simulators.wallet.signers import is_pem, key_problem

_EXPECTED = (
    "an RSA private key in PEM, not encrypted, or the path of its file: pitboss signs as the provider does, and the "
    "CLIENT verifies with the public half"
)
_NEXT = (
    "make a pair for tests: openssl genrsa -out provider.pem 2048, and openssl rsa -in provider.pem -pubout -out "
    "provider.pub for the CLIENT"
)


def private_key(given: str, folder: Path, key: str) -> str:
    """The private key that ``given`` is, or that the file at that path in ``folder`` holds, in PEM.

    ``key`` names where it was given. Raises UsageProblem, which tells nothing of what may be a secret.
    """
    text, where = given.strip(), key
    if not is_pem(text):
        text, where = _read(text, folder, key)
    if not is_pem(text):
        raise UsageProblem(f"{where} holds no key in PEM", _EXPECTED, _NEXT)
    if (problem := key_problem(text)) is not None:
        raise UsageProblem(f"{where}: {problem}", _EXPECTED, _NEXT)
    return text


def _read(path: str, folder: Path, key: str) -> tuple[str, str]:
    try:
        return (folder / path).read_text(encoding="latin-1").strip(), f"the file that {key} names"
    except (OSError, ValueError):
        raise UsageProblem(
            f"{key} is neither a key in PEM nor the path of a file that can be read", _EXPECTED, _NEXT
        ) from None
