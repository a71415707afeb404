"""Rules of the checkout's product widget: CHK (``product-widget.txt``)."""

from scenarios.contract.rule import Level, Rule

CHECKOUT: tuple[Rule, ...] = (
    Rule(
        id="CHK-01",
        statement="agreed algorithm (never `none`), valid signature",
        source="product-widget.txt, Encode and sign payload content",
        why="A token that anybody can sign lets anybody set the price.",
        causes="`none` or an unintended algorithm is allowed. Name the agreed algorithm when signing.",
    ),
    Rule(
        id="CHK-02",
        statement='`iss` is the merchant id, `sub` is "Merchant"',
        why="A checkout under another merchant is paid to somebody else, or refused.",
        causes='A constant left from an example. Put the merchant id in `iss`, and "Merchant" in `sub`.',
    ),
    Rule(
        id="CHK-03",
        statement=(
            "`iat` is an integer, seconds, within 60 s of now (the quoted form in the example is a "
            "placeholder)"
        ),
        why="A token from another time is refused, or keeps an old price alive.",
        causes="Milliseconds, text or local time. Use whole seconds since the epoch.",
    ),
    Rule(
        id="CHK-04",
        statement="`data.currency`: ISO 4217, three capitals",
        source="product-widget.txt, Data type",
        why="The same figure in another currency is another price.",
        causes="Small letters, symbols or numbers. Use the three capitals of ISO 4217.",
    ),
    Rule(
        id="CHK-05",
        statement=(
            "`valueBeforeTax`, `valueAfterTax`, `taxPercentage` are JSON numbers; none negative. The document's "
            "type is Float: digits beyond the currency's unit are allowed (100/1.2); what they come to is CHK-06's"
        ),
        source="product-widget.txt, Merchant price type",
        why="A price that is text or negative is refused, or worse, taken.",
        causes="Decimals serialised as strings. Write JSON numbers from decimals.",
    ),
    Rule(
        id="CHK-06",
        statement=(
            "before x (1 + percentage/100) equals after, to half a unit; `taxValue`, when present, "
            "equals the difference"
        ),
        source="product-widget.txt, Merchant price type",
        why="A price that does not add up is disputed by the tax office or the customer.",
        causes="The parts are rounded apart. Compute one from the other, and round once.",
    ),
    Rule(
        id="CHK-07",
        statement="`variant.reference` is a non-empty string that names what the player chose",
        source="product-widget.txt, Variant type",
        why="The wrong reference ships the wrong goods.",
        causes="An empty or internal id. Send the reference of the chosen variant.",
    ),
    Rule(
        id="CHK-08",
        level=Level.SHOULD,
        statement=(
            "`data.merchantReference` is present (the table requires it, the example leaves it out) "
            "and unique per checkout"
        ),
        source="product-widget.txt, Data type (decided here)",
        why="Without a reference of one's own a payment cannot be matched to its order.",
        causes="It is left out as in the example. Send a fresh one for each checkout.",
    ),
    Rule(
        id="CHK-09",
        statement=(
            "the signing key never reaches the page nor anything it loads, in whatever encoding; a price "
            "changed in the browser does not change the token"
        ),
        source="product-widget.txt, Encode and sign payload content",
        why="With the key in the page customers set their own prices.",
        causes=(
            "Tokens minted in the browser, or prices taken from the request. Mint on the server, from "
            "the catalogue."
        ),
    ),
    Rule(
        id="CHK-10",
        statement=(
            "every token is minted when asked for (a new `iat`), and belongs to the product asked for"
        ),
        why="A token minted yesterday sells at yesterday's price, or sells something else.",
        causes="Tokens are cached. Mint one for each request.",
    ),
    Rule(
        id="CHK-11",
        statement=(
            "a decision with a bad signature (every defect of the table of bad tokens, and all that JWT libraries "
            "and hand-written checks are known to be fooled by), for an unknown checkout (also another spelling of "
            "a known one), or repeated (at once, after others, after a pause, at the end of the run) has no "
            "(second) effect"
        ),
        source=(
            "product-widget.txt, Encode and sign payload content (the decision: the provider's public "
            "documentation)"
        ),
        why="A forged or repeated decision ships goods that nobody paid for.",
        causes=(
            "The decision's signature or checkout is not checked. Verify it, find the checkout, and act once."
        ),
        needs=("checkout_token", "order"),
    ),
)
