"""Jackpot rules, catalogue and money: CAT and VCH (``voucher-widget.txt``, ``voucher-webhook.txt``)."""

from scenarios.contract.rule import Level, Rule

JACKPOT_VOUCHERS: tuple[Rule, ...] = (
    Rule(
        id="CAT-01",
        statement="store/enabled makes the store available with every property of `data`",
        why="A store that is not shown sells nothing.",
        causes="Only some properties are stored. Keep `data` whole.",
    ),
    Rule(
        id="CAT-02",
        statement="store/disabled withdraws it; unknown store: acknowledged",
        why="Players who convert at a store that is gone get no voucher.",
        causes="The event is matched by name, or fails for unknown stores. Use `storeId`, and acknowledge.",
    ),
    Rule(
        id="CAT-03",
        statement=(
            "store/update leaves exactly `data`: changed, added and removed attributes (a removed one "
            "is gone, not null)"
        ),
        why="Stale values or discounts promise the player what the provider will not sell.",
        causes="Changes are merged into old data. Replace the store by `data`.",
    ),
    Rule(
        id="CAT-04",
        level=Level.SHOULD,
        statement="store/update for an unknown store makes it known (`data` is complete)",
        why="The CLIENT may have missed the first event; the update holds all that is needed.",
        causes="An update for an unknown store is dropped. Insert it.",
    ),
    Rule(
        id="CAT-05",
        level=Level.SHOULD,
        statement="an older store event (`createdAt`) arriving late does not overwrite a newer one",
        why="A late copy of old values sells at old discounts.",
        causes="The last delivery wins. Compare `createdAt`.",
    ),
    Rule(
        id="CAT-06",
        statement="discrete <-> continuous values change over both ways as documented",
        why="Offering values that the store no longer has ends in refused reservations.",
        causes="Old value lists survive the change. Replace the store by `data`.",
    ),
    Rule(
        id="CAT-07",
        statement="enabled again after disabled",
        why="A store that comes back should sell again.",
        causes='The mark "disabled" is never cleared. Clear it upon store/enabled.',
    ),
    Rule(
        id="VCH-01",
        statement=(
            "reserve -> confirm -> ready: the player has paid exactly `price`, once, and gets the voucher URL"
        ),
        why="This is the purchase itself: paid twice the player loses, paid never the CLIENT does.",
        causes="Money moves on several events. Move it in one transition of the voucher's state.",
    ),
    Rule(
        id="VCH-02",
        statement="reserve -> cancel (also by expiry): the player has paid nothing",
        why="A canceled reservation that keeps the money is theft in the player's eyes.",
        causes="Held money is not released, or not upon expiry. Release it upon coupon/canceled.",
    ),
    Rule(
        id="VCH-03",
        statement="refunded: price returned once; refund_rejected: nothing returned",
        why="A refund paid twice, or paid when it was rejected, is the CLIENT's loss.",
        causes="The refund is paid upon request, or on each event. Pay it upon coupon/refunded, once.",
    ),
    Rule(
        id="VCH-04",
        statement=(
            "in manual mode the CLIENT confirms each of its own reservations exactly once, also when "
            "coupon/reserved is delivered several times; it never confirms one it cannot pay for or "
            "does not know"
        ),
        why="A confirmation is an order to pay: two are two bills, one for a stranger's voucher is a gift.",
        causes="Every coupon/reserved is confirmed. Confirm own reservations that are held, once.",
    ),
    Rule(
        id="VCH-05",
        statement="in automatic mode it does not confirm again",
        why=(
            "In automatic mode a confirmation of one's own meets a conflict, and may count as a "
            "failure that refunds."
        ),
        causes="The mode is not looked at. Confirm in manual mode only.",
    ),
    Rule(
        id="VCH-06",
        statement=(
            "when the answer to the reservation is lost, the webhook with `notificationKey` completes "
            "the purchase"
        ),
        why=(
            "The voucher exists although the browser never heard of it; the player has paid and must get it."
        ),
        causes=(
            "Purchases are recorded by the widget's callback. Record them by `notificationKey` from "
            "the webhook."
        ),
    ),
    Rule(
        id="VCH-07",
        statement="an expired signed URL is replaced through `GET /v2/vouchers/{id}/signedurl`",
        why="The player who opens the voucher tomorrow should still get it.",
        causes="The first signed address is kept for ever. Ask for a new one when it ran out.",
    ),
    Rule(
        id="VCH-08",
        statement="bets racing a conversion never spend the same money twice",
        source="voucher-widget.txt, Build your token",
        why="Money that is converted and staked at once is spent twice.",
        causes=(
            "The balance is only compared when the session begins. Hold the amount under the lock "
            "that bets take."
        ),
    ),
    Rule(
        id="VCH-09",
        statement="an unused session gives the money back (after its hour)",
        source="voucher-widget.txt, Build your token",
        why="Money held for a session that nobody used must not vanish.",
        causes="Holds without an end. Release them after the session's hour, once no reservation can come.",
    ),
    Rule(
        id="VCH-10",
        statement=(
            "for any generated sequence of sessions, voucher events, copies and reorderings, balance "
            "+ held + spent is constant"
        ),
        why="Money is neither made nor lost: what left the balance is held or spent.",
        causes="Read the shrunk story that is printed: its last step is where the sum changes.",
    ),
    Rule(
        id="VCH-11",
        statement=(
            "provider errors on confirm (500, timeout, 409) are retried or resolved: no money lost, "
            "no double confirm"
        ),
        why=(
            "A confirmation that failed on the way may have been done; guessing costs the price once "
            "or twice."
        ),
        causes="Errors are taken for refusals. Ask for the voucher's state, then try again or settle.",
    ),
)
