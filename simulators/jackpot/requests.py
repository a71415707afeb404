"""What the API is asked and answers, besides vouchers and stores; parsed and documented from the same models.

Names that no document gives (``proposed-vouchers``, the bodies of reservations) follow those of the
documented objects.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from simulators.jackpot import wire
from simulators.jackpot.field_types import Number, Shape, optional

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_CREDENTIALS = "client_credentials"


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True)


class JwtBearerGrant(_Asked):
    """A session for a player: ``assertion`` is the JWT that the CLIENT minted."""

    grant_type: Literal["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    client_id: str = Field(min_length=1)
    assertion: str = Field(min_length=1)


class ClientCredentialsGrant(_Asked):
    """A token for the CLIENT's own server."""

    grant_type: Literal["client_credentials"]
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)


Grant = Annotated[JwtBearerGrant | ClientCredentialsGrant, Field(discriminator="grant_type")]


class Token(Shape):
    """A bearer token, and for how many seconds it is valid."""

    access_token: str = Field(alias="access_token")
    token_type: Literal["Bearer"] = Field("Bearer", alias="token_type")
    expires_in: int = Field(alias="expires_in")


class _Reserve(_Asked):
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | SkipJsonSchema[None] = (
        optional("where the voucher is sent; by default the CLIENT's own address")
    )


class ReserveByPrice(_Reserve):
    """Reserve the voucher that costs exactly ``price`` (EUR)."""

    price: Number


class ReserveByValue(_Reserve):
    """Reserve a voucher that is worth ``value`` (EUR)."""

    value: Number


class ProposedVoucher(Shape):
    """A voucher to choose: what it is worth and what it costs (EUR), and the discount in percent."""

    store_id: str
    offer_id: str
    value: Number
    price: Number
    discount_rate: Number


class Offer(Shape):
    """What a store sells under one discount: the values (EUR), and the discount in percent."""

    store_id: str
    offer_id: str
    voucher_value_min: Number
    voucher_value_max: Number
    discount_rate: Number


class SignedUrl(Shape):
    """The address of the voucher's PDF, for one hour."""

    signed_url: str


class WidgetStore(Shape):
    """A store as the widget shows it, with what the session's amount can buy there."""

    store: wire.Store
    proposed_vouchers: tuple[ProposedVoucher, ...]


class WidgetOffers(Shape):
    """What the widget shows to a session: the amount that it may spend (EUR), and the stores."""

    amount: Number
    stores: tuple[WidgetStore, ...]
