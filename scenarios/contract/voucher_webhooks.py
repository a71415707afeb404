"""Jackpot rules, tokens and webhooks: VTK and EVT (``voucher-widget.txt``, ``voucher-webhook.txt``)."""

from scenarios.contract.rule import Level, Rule

JACKPOT_EVENTS: tuple[Rule, ...] = (
    Rule(
        id="VTK-01",
        statement="algorithm HS256, signature valid under apiSignature",
        why="A token under another algorithm or key opens no session, and the player cannot convert.",
        causes="A library's default algorithm, or the wrong secret. Name HS256 and use apiSignature.",
    ),
    Rule(
        id="VTK-02",
        statement="`amount` is a positive number, exactly what the player asked to convert",
        why=(
            "The amount is the limit of what the session may reserve; a wrong one lets a player take "
            "more, or less, than asked."
        ),
        causes="Cents for units, or a float on the way. Pass the decimal amount through.",
    ),
    Rule(
        id="VTK-03",
        statement="`iat` is an integer in seconds, within 60 s of now",
        why="A token from another time is refused, or lives longer than meant.",
        causes="Milliseconds, local time or text. Use whole seconds since the epoch.",
    ),
    Rule(
        id="VTK-04",
        statement="`notificationKey` is a non-empty string, never used before",
        why=(
            "The key is what ties a voucher to its purchase when an answer is lost; a repeated one "
            "ties it to two."
        ),
        causes="A constant, or the player's id. Use a fresh UUID for each session.",
    ),
    Rule(
        id="VTK-05",
        level=Level.SHOULD,
        statement="`userId`, when present, is a string and the same for the same player",
        why="Limits per player hold only when the player has one name.",
        causes="A number, or an id per session. Send the player's id as text.",
    ),
    Rule(
        id="VTK-06",
        statement="every session gets a fresh JWT (one use)",
        why="A token works once; a second conversion with the same one fails in front of the player.",
        causes="Tokens are cached by player or amount. Mint one for each session.",
    ),
    Rule(
        id="VTK-07",
        statement=(
            "apiSignature, api key secret and client secret never appear in any page or API answer to "
            "the player, error answers included, nor in anything the page loads, in whatever encoding (as CHK-09)"
        ),
        why="Whoever reads the signature in a page mints vouchers at the CLIENT's cost.",
        causes="Tokens minted in the browser, or configuration put into pages. Mint on the server.",
    ),
    Rule(
        id="VTK-08",
        statement="a player cannot mint a token for more than the balance",
        why="A voucher for money that the player does not have is a gift.",
        causes=(
            "The amount is not compared with the balance. Hold the amount before the token is handed out."
        ),
    ),
    Rule(
        id="EVT-01",
        statement="every documented event (3 store, 6 coupon) in its documented shape is answered 200",
        source="voucher-webhook.txt, Events",
        why="What is not acknowledged is sent again for five minutes and then lost.",
        causes="Routes for some events only. Acknowledge every documented event.",
    ),
    Rule(
        id="EVT-02",
        statement=(
            "the same event id delivered again has one effect, for every kind of event, at once, after many "
            "others, after a pause, and once more at the end of the run; so has a second event id about "
            "the same change"
        ),
        why="A second coupon/refunded that counts returns the price twice.",
        causes="Event ids are not stored. Put a unique key on `id`, in the transaction of the effect.",
    ),
    Rule(
        id="EVT-03",
        statement="the same event delivered concurrently has one effect",
        why="Retries overlap; two that meet may both pay.",
        causes="The id is looked up and inserted in separate steps. Let a unique key decide.",
    ),
    Rule(
        id="EVT-04",
        statement=(
            "coupon events out of order (READY before CONFIRMED, RESERVED last, CANCELED before "
            "RESERVED) end in the state that the voucher really has"
        ),
        source="voucher-webhook.txt, Voucher update notifications",
        why=(
            "Deliveries overtake each other; a late RESERVED must not undo READY, nor CANCELED a paid "
            "voucher."
        ),
        causes="The last event wins. Follow the table of states, or ask the provider for the state.",
    ),
    Rule(
        id="EVT-05",
        statement="after temporary failures and the provider's retries the final state is right",
        why=(
            "The provider's retries are the second chance for an event; wasting it loses a purchase "
            "or a refund."
        ),
        causes=(
            "An event is marked done before its effect is, or answered 200 on failure. Do both in one "
            "transaction."
        ),
    ),
    Rule(
        id="EVT-06",
        level=Level.SHOULD,
        statement="an unknown event type is acknowledged and ignored",
        source="voucher-webhook.txt, Events",
        why="A new type of event that is refused is sent again and again, and fills the logs.",
        causes="An error for unknown types. Acknowledge and ignore them.",
    ),
    Rule(
        id="EVT-07",
        statement=(
            "a malformed notification has no effect and does not stop the service; SHOULD not be answered 200"
        ),
        why="A body that nobody can read must not stop the events that follow.",
        causes="Fields are used before they are checked. Validate, answer 400, and change nothing.",
    ),
    Rule(
        id="EVT-08",
        statement=(
            "a coupon event for a voucher that is not the CLIENT's moves no money; SHOULD be acknowledged"
        ),
        source="voucher-webhook.txt, Voucher update notifications",
        why="Vouchers of others must not touch this CLIENT's players.",
        causes="Money is moved for any voucher id. Look for the own purchase first.",
    ),
    Rule(
        id="EVT-09",
        level=Level.SHOULD,
        statement=(
            "a forged coupon/refunded or coupon/canceled (webhooks are unsigned) for a voucher that "
            "the provider says is in another state moves no money: the CLIENT asks the provider "
            "before paying"
        ),
        source="voucher-webhook.txt, Voucher update notifications",
        why="Webhooks carry no signature: a forged refund is money for whoever finds the address.",
        causes="The body is trusted. Ask the provider for the voucher's state before money moves.",
    ),
    Rule(
        id="EVT-10",
        level=Level.SHOULD,
        statement='amounts as strings ("80.00") and as numbers (110) are both understood',
        source="voucher-webhook.txt, Voucher update notifications; voucher-widget.txt, Complete code",
        why="The documents show both forms; misreading one moves the wrong amount.",
        causes="Amounts compared as text, or read as floats. Read both as decimals.",
    ),
    Rule(
        id="EVT-11",
        level=Level.SHOULD,
        statement="acknowledgement comes within 5 s even when the CLIENT calls the provider back",
        why="A slow acknowledgement counts as none, and brings more copies.",
        causes="Calls to the provider before the answer. Store the event, answer, then work.",
    ),
    Rule(
        id="EVT-12",
        statement="an acknowledged event survives a kill",
        why="What was acknowledged is not sent again; lost in a restart, it is lost for good.",
        causes="The event waits in memory. Store it before the answer.",
        needs=("restart",),
    ),
)
