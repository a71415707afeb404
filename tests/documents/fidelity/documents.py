"""The four documents, what was decided where they are open, and what is not played."""

from typing import Final

from tests.documents.fidelity import product_widget, sportsbook, voucher_webhook, voucher_widget
from tests.documents.fidelity.statement import Statement

DOCUMENTS: Final[dict[str, tuple[Statement, ...]]] = {
    "Sportsbook API integration": sportsbook.STATEMENTS,
    "Voucher widget": voucher_widget.STATEMENTS,
    "Voucher webhook": voucher_webhook.STATEMENTS,
    "Product widget JWT": product_widget.STATEMENTS,
}

DECIDED: Final = (
    "A CLIENT may let callbacks in by their address, and no rule judges whether it does it well: a check calls from "
    "one address only. `pitboss doctor` tells which; tests tell CLIENTs that trust X-Forwarded-For, or compare texts, "
    "from the right one.",
    'The hash is HMAC-SHA256 in lower-case hex: "Sha256 with secret" is HMAC.',
    "An amount is a JSON number by default, or a text (`amount_format`): the quotes of the example are placeholders.",
    "expires_in and iat are integers: the quotes of the examples are placeholders.",
    "A session's hour counts from iat, the only moment that the CLIENT knows.",
    "In manual mode the callback gets the voucher as it was reserved: RESERVED, which the CLIENT then confirms.",
    "READY follows CONFIRMED after `ready_after` seconds (2 by default), never in the same answer.",
    "A clientId that was not agreed on gets no accessToken; where one was agreed on, a checkout without a Bearer token "
    "that holds is answered 401. No rule judges it, as the document of the widget names no API: `pitboss doctor` tells "
    "whether the CLIENT shows a token, and tests hold it.",
    "callbackUrls may be left out of a checkout's token, as in the example of the product widget; then decisions go to "
    "the decision URL, and the customer stays on the hosted page.",
    "An offer is what a store sells under one discount: `GET /v2/stores/{id}/offers/{offerId}`.",
)
NOT_MODELLED: Final = (
    "Jackpot's staging back-office has more pages, and names of its own for what the documents do not name.",
    "The deprecated notifications of the public documentation, to `?notificationKey=`, by whose HTTP 200 a reservation "
    "is agreed to: webhooks took their place.",
    "A session JWT's `exp`: no document of the provider names it, so it is passed over; `iat` bounds the session.",
    "The name under which Jackpot's own widget script is served, and its options besides `useBrowserHistory`: the "
    "documents leave the address empty and name no other.",
    "Translations of refusals on the player's page and in the back-office, which stay English.",
    "What a checkout's token may say of the customer (name, address, payment), and updates of orders.",
)
