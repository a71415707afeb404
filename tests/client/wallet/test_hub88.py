"""The reference in Hub88's words: requests as its documents have them, and the statuses that they name."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.values.misuse import Misuse

KEY = generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

# The key pair's public half, a message and its signature, as Hub88 publishes them to try one's own code with
# (github.com/coingaming/Hub88-Examples, priv/public.pub and signatures.csv).
PUBLISHED = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx3IRpSri/9SjA7f9me35
v6LtJzn8drb1vg/UeGaPPFR16KsUOPqbGJ2r1pRPJMedqqbO7Agt/HavWDcQhNZl
c9VrVQcWK/w2HD9PflQYv0oQMiPK5Mut/eIdFOpwwwaRAU4s6WOkJdSmP9F4cfr/
amTZZoY59/t3SZWYjgZ9/LDI2X8S3uLW/JPiH+6dm2bU8ykhxoWwLE/piJxynS73
EzM0tgjHyTUMkarhK9qRVZk581/kzmtJLLBZQl9XrQQcIfQ+zFZj7ijddOptxpxq
Cmq8gQNohB56p34yjVH3uAJAaFvIVg5mEkprrvNVDJwGonHSaaq7AICmzrF6h/r5
dwIDAQAB
-----END PUBLIC KEY-----
"""
MESSAGE = (
    b'{"game_id":132,"request_uuid":"583c985f-fee6-4c0e-bbf5-308aad6265af",'
    b'"token":"55b7518e-b89e-11e7-81be-58404eea6d16"}'
)
SIGNATURE = (
    "Kd+/B1NealiUiv/9cI/0MQuwnLiAMteKFesys/b8Koe9pVP/H7Hw54W99+q1uMGizaXj+nMIzcwerFSlSkMj94uqXHueGFvDKI4YGKqn"
    "tlj7EvID1B7P+VlS/A5RN4RjghIMR3MGnsJZT43G8tAju+xJCzjzDmgS25IPVIZobabIpct87ReqxYfkqIlqgH/uKkpU0ezG25mmhMa8"
    "2Umat1eu88dJDCa1NsbX9SF5gtdC+A8pYS/o87s2RWHG5VVYM8awAwxPnwZacyKIEbXS59BcAI6StUm+/sJWvSKKvR6lxCiJyQOWzG1I"
    "wN9NxBthp5AfQx23G5aDMnYDkSUsIw=="
)


class Provider:
    """Hub88 beside a CLIENT of which it knows the address."""

    def __init__(self, app):
        self.client = app.test_client()

    def post(self, path, body, signature=None):
        if signature is None:
            signature = base64.b64encode(KEY.sign(body, PKCS1v15(), SHA256())).decode()
        headers = {"X-Hub88-Signature": signature, "Content-Type": "application/json"}
        answer = self.client.post(f"/operator/transaction/{path}", data=body, headers=headers)
        assert answer.status_code == 200
        return answer.get_json()

    def ask(self, path, **fields):
        whole = {"user": "p-1", "request_uuid": "r", "token": "t", "round": "x", "currency": "EUR"} | fields
        return self.post(path, json.dumps(whole).encode())


@pytest.fixture
def hub88(tmp_path):
    app = create_app(Config(database=f"{tmp_path}/c.sqlite", dialect="hub88", security_hash=PUBLIC))
    yield Provider(app)
    app.extensions["database"].close()


def test_what_hub88_signed_is_known_to_be_signed(tmp_path):
    load_pem_public_key(PUBLISHED.encode()).verify(base64.b64decode(SIGNATURE), MESSAGE, PKCS1v15(), SHA256())
    app = create_app(Config(database=f"{tmp_path}/c.sqlite", dialect="hub88", security_hash=PUBLISHED))
    provider = Provider(app)
    # It names no player: what it says is read, and that is missed.
    assert provider.post("bet", MESSAGE, SIGNATURE)["status"] == "RS_ERROR_WRONG_TYPES"
    assert provider.post("bet", MESSAGE + b" ", SIGNATURE)["status"] == "RS_ERROR_INVALID_SIGNATURE"
    app.extensions["database"].close()


@pytest.mark.parametrize("signature", ["", "no base64", "AAAA"])
def test_what_is_not_signed_is_refused(hub88, signature):
    assert hub88.post("bet", b"{}", signature)["status"] == "RS_ERROR_INVALID_SIGNATURE"


def test_a_round_is_played_and_each_answer_tells_the_balance(hub88):
    bet = hub88.ask("bet", transaction_uuid="b-1", amount=1_250_000)
    assert bet == {
        "status": "RS_OK",
        "request_uuid": "r",
        "user": "p-1",
        "currency": "EUR",
        "balance": 8_750_000,
    }
    win = {"transaction_uuid": "w-1", "reference_transaction_uuid": "b-1", "amount": 3_000_000}
    assert hub88.ask("win", **win)["balance"] == hub88.ask("win", **win)["balance"] == 11_750_000
    undo = {"transaction_uuid": "u-1", "reference_transaction_uuid": "w-1"}
    assert hub88.ask("rollback", **undo)["balance"] == 8_750_000
    orphan = hub88.ask("rollback", transaction_uuid="u-2", reference_transaction_uuid="never")
    assert (orphan["status"], orphan["balance"]) == ("RS_OK", 8_750_000)


def test_a_win_needs_a_bet_that_stands(hub88):
    hub88.ask("bet", transaction_uuid="b-1", amount=100_000)
    hub88.ask("rollback", transaction_uuid="u-1", reference_transaction_uuid="b-1")
    for named in ("b-1", "never"):
        answer = hub88.ask("win", transaction_uuid="w-1", reference_transaction_uuid=named, amount=100_000)
        assert answer["status"] == "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
    hub88.ask("bet", transaction_uuid="b-2", amount=100_000)
    # It may come again once there is a bet.
    paid = hub88.ask("win", transaction_uuid="w-1", reference_transaction_uuid="b-2", amount=100_000)
    assert (paid["status"], paid["balance"]) == ("RS_OK", 10_000_000)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"amount": 10_000_001_000}, "RS_ERROR_NOT_ENOUGH_MONEY"),
        ({"currency": "USD"}, "RS_ERROR_WRONG_CURRENCY"),
        ({"amount": 1}, "RS_ERROR_WRONG_TYPES"),
        ({"amount": "100000"}, "RS_ERROR_WRONG_TYPES"),
        ({"amount": 1.5}, "RS_ERROR_WRONG_TYPES"),
        ({"amount": -100_000}, "RS_ERROR_WRONG_TYPES"),
        ({"user": "nobody"}, "RS_ERROR_UNKNOWN"),
    ],
)
def test_a_refusal_has_the_documented_status(hub88, changed, status):
    answer = hub88.ask("bet", **({"transaction_uuid": "b-1", "amount": 100_000} | changed))
    assert answer["status"] == status
    assert hub88.ask("bet", transaction_uuid="b-2", amount=0)["balance"] == 10_000_000


def test_a_secret_that_is_no_public_key_keeps_it_from_starting(tmp_path):
    with pytest.raises(Misuse, match="public key"):
        create_app(Config(database=f"{tmp_path}/c.sqlite", dialect="hub88", security_hash="shared"))
