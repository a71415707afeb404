"""Rules of the OPERATOR, whole histories, reported balances, and the CLIENT's own requests: INV, BAL and OUT."""

from scenarios.contract.rule import Level, Rule

OPERATOR_WHOLE: tuple[Rule, ...] = (
    Rule(
        id="INV-01",
        statement=(
            "for any generated sequence of bets, results, rollbacks, copies, orphans and late "
            "arrivals the balance is the model's"
        ),
        why="Single steps may all be right and their sequence wrong; money is lost in sequences.",
        causes=(
            "Read the shrunk story that is printed: its last step is where the balance leaves the model."
        ),
    ),
    Rule(
        id="INV-02",
        statement="no sequence of bets drives the balance below zero",
        source="sportsbook.txt, Transactions",
        why="A balance below zero after a bet is credit nobody granted.",
        causes=(
            "The check of the balance is not part of the withdrawal. Make it one statement or hold one lock."
        ),
    ),
    Rule(
        id="INV-03",
        statement="players are isolated: traffic for one never moves another",
        source="sportsbook.txt, Transactions",
        why=(
            "One player's traffic that moves another's money is the fault that cannot be explained to either."
        ),
        causes=(
            "Rows or caches shared by mistake, or ids looked up without the player. Always address "
            "the account by player."
        ),
        players=2,
    ),
    Rule(
        id="INV-04",
        statement=(
            "a concurrent history of one player is linearizable against the wallet model; a request "
            "with no answer may have happened or not"
        ),
        why="If no order of the wagers explains the balances, some wager was lost or counted twice.",
        causes=(
            "Reads outside the lock, or an isolation level below what the code assumes. Lock the "
            "account row for the whole transaction."
        ),
    ),
    Rule(
        id="INV-05",
        statement=(
            "under faults (lost answers, slow bodies, cut connections, restarts where possible) plus "
            "the provider's retries, the final balance is the model's"
        ),
        why="Networks fail in the middle of wagers every day; afterwards both ledgers must agree.",
        causes=(
            "Money and id are committed apart, or retried blindly. Commit them together, and let the "
            "id decide."
        ),
    ),
    Rule(
        id="BAL-01",
        statement=(
            "the balance that an answer reports is the one that is there, after a bet, a refused bet, a result and a "
            "rollback; in a copy the one of now or of then, in a race one that there was"
        ),
        source="decided; the dialect's document, where answers report balances",
        why="The game shows what is reported, and a player who sees another balance stops, or disputes it.",
        causes=(
            "The balance is read before the money moves, from a cache or a replica, or is rounded. Read it in the "
            "database transaction that moves the money, and write it exactly."
        ),
        ability="balance_reported",
    ),
    Rule(
        id="BAL-02",
        statement="the balance call reports what wagers prove, and moves nothing",
        source="decided; the dialect's document, where there is a balance call",
        why="A game opens with this balance; bets that it seems to cover are refused, or money seems lost.",
        causes=(
            "Another table, a cache or a replica answers the call. Read the row that bets are checked against."
        ),
        ability="balance_call",
    ),
    Rule(
        id="OUT-01",
        statement=(
            "`POST /auth` carries username and password as JSON with `Content-Type: application/json`"
        ),
        source="sportsbook.txt, Auth",
        why="Without a token no player gets in.",
        causes="A form body, or a missing Content-Type. Post JSON.",
    ),
    Rule(
        id="OUT-02",
        statement="`POST /start-session` carries `Authorization: Bearer <token>` of a valid token",
        why="A session that is refused shows the player an empty frame.",
        causes=(
            "The scheme or the token is missing in `Authorization`. Send `Bearer`, a blank and the token."
        ),
    ),
    Rule(
        id="OUT-03",
        statement="`user_id` is a JSON string; `currency` is one agreed; `lang`, when sent, is one agreed",
        why="A session under another id or currency books wagers to the wrong wallet.",
        causes=(
            "Numeric ids sent as numbers, currencies or languages passed on unchecked. Send strings, "
            "and only agreed values."
        ),
    ),
    Rule(
        id="OUT-04",
        level=Level.SHOULD,
        statement="a token is used again until it expires, also by concurrent launches",
        source="sportsbook.txt, Auth",
        why="One `/auth` for each player is slow at the busiest hour, and may be limited.",
        causes=(
            "The token is not kept, or is renewed by each launch at once. Keep it with its expiry, "
            "and let one request renew it."
        ),
    ),
    Rule(
        id="OUT-05",
        statement="an expired or revoked token leads to a new `/auth` and a successful launch",
        source="sportsbook.txt, Auth",
        why="A token that ran out must not lock the players out until somebody restarts the CLIENT.",
        causes=(
            "`expires_in` is ignored, or a 401 is final. Renew ahead of the expiry, and once more upon a 401."
        ),
    ),
    Rule(
        id="OUT-06",
        statement="the iframe URL reaches the player unchanged",
        why="A changed address loses the session in it, and the player with it.",
        causes="The address is rebuilt, cut or escaped twice. Pass the string through.",
    ),
    Rule(
        id="OUT-07",
        statement=(
            "OPERATOR errors (401 on auth, 500, timeout, not JSON) give the player a clear error: no "
            "crash, no hang beyond its timeout, no secret in the answer"
        ),
        why="When the OPERATOR is down the player should read so, and nobody should read a password.",
        causes=(
            "No timeout on the call, or exception texts in the answer. Set a timeout, and answer a "
            "fixed message."
        ),
    ),
    Rule(
        id="OUT-08",
        statement="the `user_id` sent is the one later callbacks use: a bet on it reaches the same wallet",
        source="sportsbook.txt, Start session and Transactions",
        why="A session under one id and wagers under another spend somebody else's money.",
        causes="A separate id for providers that is not mapped back. Use one id in both directions.",
    ),
    Rule(
        id="OUT-09",
        statement=(
            "`/auth` and `/start-session` are called under the agreed `<API_VERSION>` (`api_version` of the "
            "target; where there is none, any single version, always the same)"
        ),
        source="sportsbook.txt, Auth and Start session",
        why="Another version of an API may mean other things by the same words.",
        causes="The version stands in some addresses and not in others. Put it into one base address.",
    ),
)
