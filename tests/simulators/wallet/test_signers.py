"""Signatures by a private key: as OpenSSL makes them, and as only its owner can."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from simulators.wallet.signers import RSA, Signer, key_problem

BASE64 = Signer(RSA, output="base64")
PAIR = BASE64.new_secrets()
# Made by: openssl genrsa -out key.pem 1024, and printf '{"test":"test"}' | openssl dgst -sha256 -sign key.pem | base64
KEY = """-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQCk+MUKEIHoHVufinVm7/opD+/vaoS4R1VfEnAm4sbAB8q/9bMK
jlw7mOmU58z5nygarD46HrkyUQ5O2swmjwp7UexvqdGRGW5sGL1jvmZJ+HG+hbu8
6+lyR6m0p926zfGByKceeFoDNs6sXAH4KoABJJP3bPscLCW0Myj/kynanQIDAQAB
AoGAKEnMrQGNCCerSZIhy8rNeBu5R+nmka5yDe7NzuFREnKUtD6HxAsyQSe926yk
ZU3WGHV6GO2J4tzitqU+eCg0sbaq7KF5yhuUTJbbxJKe4N3PGRiT/6Ooj/mK5u5Z
HvV1bcRAB4hl2kaE/RsDHaVoMbeP1lxQdE5EgsSfJHClzYECQQDZ36/7p0FmyBXO
p1Qe1zJw55HK6NOD1OsENJ6ihlUBC/ZkM+gbsI5TJ0xbI80MUgO+bdA00/j6+olC
Vde1voQhAkEAwdctPVyfTJAqUQ3ljNqEPIotHmxZK0vD1bvO72EiOmyaSfMYilp+
l6AWWK1G9PJ0V30eiBlO0JwXhUq3pbiG/QJBAK/zA64ZrqmQoHvZige2BphDiuvx
BxAKHRmyXQIntfI4dO0LNkFWXjotHG7mBKwUd82L5X8kSIh3V+3oYWH2z8ECQQCf
db1AomZlnJ9DKJRzJ/vqtZziTy2XoW9L74EPia+XsmnGddX1UvabE1XuwzUBIkc1
BbfNLEya7h2nSE0FZmSdAkAGDqp07ZanwDqSEBtJpGs66PrsVs8nGz9P64BLa/Fh
MWWuc3o8gJgPR1g+kXAukS6X1YUbCsw+gx0o8WUctmHX
-----END RSA PRIVATE KEY-----
"""
SIGNED = (
    "mqxo72qfsC+CM3VxJEYnDvixBuhUSRfVkY5QvWCVm8riWDfqVgYJlDyB76NkrH+ElliiRwRjQ1hVkejt3B8HWlDl29A64RbE"
    "vTrVUroYh6pvDr68fLT6ENlw73ag+Y1WKZca6xVsS2DWeYP13ddi2dzW/0Hy4zX98ttli+/MVnk="
)


def verified(signature, text, public):
    key = load_pem_public_key(public.encode())
    try:
        key.verify(base64.b64decode(signature), text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def test_a_signature_is_the_one_that_openssl_makes():
    assert BASE64.sign(b'{"test":"test"}', KEY) == SIGNED
    assert Signer(RSA).sign(b'{"test":"test"}', KEY) == base64.b64decode(SIGNED).hex()


def test_the_public_half_verifies_what_was_signed_and_nothing_else():
    private, public = PAIR
    assert verified(BASE64.sign(b"text", private), b"text", public)
    assert not verified(BASE64.sign(b"text", private), b"texts", public)


@pytest.mark.parametrize("other", ["not {}", "a shared secret", "{}"[:1]])
def test_who_has_another_secret_signs_with_another_key(other):
    private, public = PAIR
    assert not verified(BASE64.sign(b"text", other.replace("{}", private)), b"text", public)


def test_secrets_that_are_shared_are_the_same_on_both_sides_and_new_each_time():
    one, other = Signer().new_secrets()
    assert one == other != Signer().new_secrets()[0]


def test_what_no_key_can_be_is_told_without_the_key():
    private, public = PAIR
    key = load_pem_private_key(private.encode(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    assert key_problem(private) is None
    for text, reported in (
        (public, "public key"),
        (locked, "passphrase"),
        (curve.decode(), "none of RSA"),
        (private[:200], "no private key"),
    ):
        problem = key_problem(text)
        assert problem is not None
        assert reported in problem
        assert text[40:80] not in problem
