"""Rules of the OPERATOR, what goes over the wire: SIG and MSG (``sportsbook.txt``)."""

from scenarios.contract.rule import Level, Observed, Rule

OPERATOR_WIRE: tuple[Rule, ...] = (
    Rule(
        id="SIG-01",
        fits=(Observed.REFUSED, Observed.OTHER),
        by_answers=True,
        statement="a request whose hash matches the raw body is accepted",
        why="A genuine wager turned away is a bet the player sees accepted and a win that is never paid.",
        causes=(
            "The wrong SECURITY_HASH, HMAC keyed and fed the wrong way round, or a digest in base64 "
            "or capitals. Take lower-case hex HMAC-SHA256 of the raw body."
        ),
    ),
    Rule(
        id="SIG-02",
        by_answers=True,
        statement=(
            "a wrong hash is refused: `error` is non-null and there is no effect. Tried: random hex, "
            "hash of another body, hash under another secret, right hash with one body byte changed, "
            "right hash cut to 8 characters, right hash plus a suffix, plain unkeyed SHA-256, the "
            "secret itself as the header, the empty string"
        ),
        why="Whoever can send one accepted forgery can credit any player with any amount.",
        causes=(
            "The header is only looked for, compared by prefix, or computed without the secret. "
            "Recompute the whole HMAC and compare it in constant time."
        ),
    ),
    Rule(
        id="SIG-03",
        by_answers=True,
        statement="a missing header is refused, no effect",
        why=(
            "A check that is skipped when the header is absent is no check: anybody can leave a header out."
        ),
        causes=(
            'A guard of the form "if the header is there, verify it". Treat an absent header as a wrong one.'
        ),
    ),
    Rule(
        id="SIG-04",
        fits=(Observed.REFUSED, Observed.OTHER),
        by_answers=True,
        statement=(
            "the hash is taken over the bytes received, not over re-serialised JSON. Tried: spaces "
            "and newlines, another key order, `\\u00e9` against raw UTF-8 in an id, `10.50` against "
            "`10.5`"
        ),
        why=(
            "The OPERATOR signs what it sends; hashing something else turns real wagers away whenever "
            "the spelling changes."
        ),
        causes=(
            "The framework's parsed body is serialised again before hashing. Read the raw bytes "
            "before any JSON parser does."
        ),
    ),
    Rule(
        id="SIG-05",
        fits=(Observed.REFUSED, Observed.OTHER),
        by_answers=True,
        statement=(
            "a refused forgery does not poison its id: the genuine request with the same id is then "
            "processed normally"
        ),
        why=(
            "A forger could otherwise burn ids ahead of time, and real wins would be answered as "
            "copies and never paid."
        ),
        causes=(
            "The id is stored before the hash is checked. Check the hash first, and write nothing for "
            "a refused request."
        ),
    ),
    Rule(
        id="SIG-06",
        level=Level.SHOULD,
        by_answers=True,
        statement=(
            "a refusal is HTTP 200 with a non-null `error`, as all answers are (401 and 403 are "
            "tolerated with a warning)"
        ),
        why=(
            "The OPERATOR reads only HTTP 200 with an error; another status may count as no answer, "
            "and is sent again for ever."
        ),
        causes=(
            "An authentication filter answers 401 or 403 before the handler. Let it answer 200 with "
            "an error code."
        ),
    ),
    Rule(
        id="SIG-07",
        level=Level.SHOULD,
        fits=(Observed.REFUSED, Observed.OTHER),
        by_answers=True,
        statement="the header name is case-insensitive",
        why=(
            "Proxies rewrite the case of header names; a CLIENT that minds it loses all wagers on the "
            "day one is put in between."
        ),
        causes="Headers are looked up in a plain dictionary. Use the framework's case-insensitive lookup.",
    ),
    Rule(
        id="SIG-08",
        by_answers=True,
        statement="both endpoints check the hash",
        source="sportsbook.txt, Transaction-rollback",
        why="An open rollback endpoint lets anybody return bets that were lost.",
        causes="The check is wired to one route only. Put it in front of both, in one place.",
    ),
    Rule(
        id="MSG-01",
        statement="every answer to a signed request has HTTP status 200",
        why=(
            "An answer with another status is taken for a failure, and the money that did move is "
            "sent for again or rolled back."
        ),
        causes=(
            "Exceptions reach the framework's error page, or refusals use 4xx. Answer 200 for every "
            "request whose hash is right."
        ),
    ),
    Rule(
        id="MSG-02",
        fits=(Observed.MONEY, Observed.DONE, Observed.UNREADABLE, Observed.OTHER),
        statement=(
            "every answer is a JSON object, read strictly: UTF-8, no NaN or Infinity; SHOULD carry `Content-Type: "
            "application/json`, no byte order mark, no repeated key"
        ),
        why=(
            "An answer that is not JSON says nothing to the OPERATOR, so a wager that was taken counts "
            "as unanswered."
        ),
        causes=(
            "HTML error pages, a bare string, or a list; NaN of a float; a file saved with a byte order mark. "
            "Answer a JSON object on every path, also on errors, and let a strict library write it."
        ),
    ),
    Rule(
        id="MSG-03",
        fits=(Observed.MONEY, Observed.DONE, Observed.UNREADABLE, Observed.OTHER),
        statement=(
            "success is `error: null` (present, null) with a non-empty CLIENT `transaction_id` (a "
            'string; a number is a warning). `""`, `false`, `0` or a missing key in its place break it, and the '
            "message says which"
        ),
        why="Without a CLIENT id the two ledgers cannot be matched, and a disputed wager cannot be found.",
        causes="`error` is left out on success, or the id is null or empty. Send both on every success.",
    ),
    Rule(
        id="MSG-04",
        statement="failure is `error`: a non-empty string, and no effect",
        why=(
            "A refusal that the OPERATOR cannot read is sent again or rolled back; one that moved money leaves the two "
            "sides with different balances, and neither knows."
        ),
        causes=(
            "The balance is changed before the checks that refuse. Check first, and change all in one "
            "database transaction."
        ),
        when={
            Observed.OTHER: (
                "An exception or an object of the framework is written in place of a code. Answer the code as text, "
                "on every path."
            )
        },
    ),
    Rule(
        id="MSG-05",
        statement=(
            "CLIENT ids are unique: distinct provider ids never share one, across bets, results and "
            "rollbacks and across players"
        ),
        why="Two wagers under one CLIENT id cannot be told apart in accounts or disputes.",
        causes=(
            "Ids from a clock, a counter per process or per player. Use a UUID or the database's own "
            "sequence."
        ),
    ),
    Rule(
        id="MSG-06",
        by_answers=True,
        statement=(
            "malformed input is refused with `error` and without effect, and the service keeps "
            "serving: not JSON, empty body, JSON that is not an object, truncated JSON, wrong "
            "Content-Type, each required field missing, null, or of the wrong type (an object or an array in "
            "place of an id or of `user_id` among them)"
        ),
        why="One malformed request that stops the service stops every player's wagers.",
        causes=(
            "Fields, or the Content-Type, are not checked before the body is used. Take application/json alone, "
            "validate the whole body against a schema, and answer an error."
        ),
    ),
    Rule(
        id="MSG-07",
        by_answers=True,
        statement=(
            'a malformed amount is refused: `"abc"`, `""`, `NaN`, `Infinity`, `"1,000.00"`, `true`, '
            "`[1]`, `{}`, a 400-digit number, an exponent no balance can hold, digits of other scripts, "
            "separators inside, blanks, a sign alone"
        ),
        why="NaN or infinity in a balance poisons every later sum, and a lax parser turns text into money.",
        causes=(
            "Amounts go straight to a float or decimal constructor. Accept only finite decimals of a "
            "bounded length."
        ),
    ),
    Rule(
        id="MSG-08",
        statement="a negative amount never moves money in either direction, for bet, result and rollback",
        why='A bet of minus 100 that is "withdrawn" pays the player 100.',
        causes="The sign is never looked at. Refuse amounts below zero for every action.",
    ),
    Rule(
        id="MSG-09",
        by_answers=True,
        statement="an unknown `action` is refused",
        why="An action that falls through to a default branch moves money in a direction nobody asked for.",
        causes='An else branch stands for "result". Name every action, and refuse the rest.',
    ),
    Rule(
        id="MSG-10",
        statement=(
            "the endpoints are not interchangeable: `rollback` on `/transaction`, `bet` on "
            "`/transaction-rollback` move no money"
        ),
        source="sportsbook.txt, Transaction-rollback",
        why="A rollback taken for a transaction, or a bet for a rollback, pays where it should take.",
        causes=(
            "One handler serves both routes and trusts the path or the action alone. Check that the "
            "action belongs to the endpoint."
        ),
    ),
    Rule(
        id="MSG-11",
        level=Level.SHOULD,
        fits=(Observed.REFUSED, Observed.OTHER),
        by_answers=True,
        statement="unknown extra fields are ignored (providers add fields)",
        why="A provider adds a field one morning, and a strict CLIENT refuses all wagers from then on.",
        causes="A schema that forbids unknown fields. Ignore what is not known.",
    ),
    Rule(
        id="MSG-12",
        level=Level.SHOULD,
        statement=(
            "other spellings of an amount are understood and mean the same, or are refused without "
            "effect: number and string, `10.50`, `1e1` (a wrong amount moved is a MUST)"
        ),
        why="A spelling that is misread moves ten times the amount, or none.",
        causes=(
            "Number and string are handled by different code. Read both as a decimal from the text itself."
        ),
    ),
    Rule(
        id="MSG-13",
        broken_by_answers=True,
        statement=(
            "hostile strings in any id (SQL, NUL, quotes, 10 kB, emoji, right-to-left marks, "
            "`__proto__`) cause no crash, no leak of internals (stack trace, SQL text) and no money "
            "moved on another account"
        ),
        why=(
            "Ids are outside input: read as SQL or a path they reach other players' money, and error "
            "texts show an attacker how."
        ),
        causes=(
            "SQL built from strings, or raw exception texts in answers. Use bound parameters and "
            "fixed error codes."
        ),
    ),
    Rule(
        id="MSG-14",
        level=Level.SHOULD,
        by_answers=True,
        statement=(
            "a body of 1 MB is answered within the timeout, refused or handled right, and the service keeps "
            "serving"
        ),
        why="A few huge bodies should not occupy every worker while players wait.",
        causes="A worker that reads or parses without a limit. Set one of some 64 kB in the server or framework.",
    ),
    Rule(
        id="MSG-15",
        statement="GET, PUT, DELETE on the endpoints move no money",
        why="A crawler or a cached GET must never be able to place a bet.",
        causes="Routes accept every method. Bind POST only.",
    ),
    Rule(
        id="MSG-16",
        level=Level.SHOULD,
        statement="answers come within the provider's timeout (default 5 s) under the suite's own load",
        why=(
            "Past its timeout the OPERATOR no longer knows whether the bet stands, and rolls it back "
            "or asks again."
        ),
        causes=(
            "Locks held during slow work, too few workers, missing indexes. Keep the database "
            "transaction short."
        ),
    ),
)
