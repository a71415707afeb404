"""Key pairs in PEM, made once for all tests of a process: an RSA key takes a tenth of a second and more."""

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@cache
def key_pair(algorithm: str, whose: str = "") -> tuple[str, str]:
    """The private key of ``whose`` and its public half; everybody's are different."""
    if algorithm == "RS256":
        private: Any = rsa.generate_private_key(65537, 2048)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )
