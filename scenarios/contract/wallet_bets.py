"""Rules of the OPERATOR, bets and results: BET and RES (``sportsbook.txt``)."""

from scenarios.contract.rule import Level, Observed, Rule

OPERATOR_MONEY: tuple[Rule, ...] = (
    Rule(
        id="BET-01",
        when={
            Observed.REFUSED: (
                "A limit on stakes, a ban, or funds that are reserved for something else. A bet that the balance "
                "covers is taken."
            )
        },
        statement="a bet withdraws exactly its amount",
        why="A cent too few is the house's loss on each bet, a cent too many is the player's.",
        causes="Rounding, a fee, or a bonus wallet that takes part. Withdraw exactly `amount`.",
    ),
    Rule(
        id="BET-02",
        fits=(Observed.REFUSED, Observed.OTHER),
        statement="a bet of the whole balance is accepted and leaves zero",
        why="A player who may not stake the last cent is turned away for nothing.",
        causes='The comparison is "greater than" where it should be "greater or equal".',
    ),
    Rule(
        id="BET-03",
        when={
            Observed.MONEY: (
                "The money is taken before the balance is checked, and stays taken. Compare and withdraw in one "
                "statement or under one lock."
            )
        },
        statement=(
            "a bet one smallest unit over the balance is refused with `INSUFFICIENT_FUNDS`, no effect "
            "(another non-null code: MUST fails only for the effect, the code itself is SHOULD)"
        ),
        why="A bet over the balance is credit the house never meant to give.",
        causes=(
            "No check of the balance, or one with a tolerance. Compare and withdraw in one statement "
            "or under one lock."
        ),
    ),
    Rule(
        id="BET-04",
        statement=(
            "bets racing for the same funds never overdraw: of N concurrent bets of B on a balance of "
            "k*B exactly k are accepted"
        ),
        why="A player with two browser tabs stakes the same money twice.",
        causes=(
            "The balance is read, compared and written in separate steps. Lock the row, or make the "
            "withdrawal conditional on the balance."
        ),
    ),
    Rule(
        id="BET-05",
        level=Level.SHOULD,
        statement="a refused bet sent again after a top-up is still refused (handled only once)",
        why=(
            "The OPERATOR has forgotten a refused bet; taking it later withdraws money for a bet that "
            "does not exist."
        ),
        causes="Only successes are remembered. Store the refusal with its id, and answer it again.",
    ),
    Rule(
        id="BET-06",
        by_answers=True,
        statement="an unknown player is refused; no account appears",
        why="Accounts that appear out of callbacks hold money that belongs to nobody.",
        causes='"Get or create" on the player. Refuse ids that are not known.',
    ),
    Rule(
        id="BET-07",
        level=Level.SHOULD,
        broken_by_answers=True,
        statement="a currency that is not the player's is refused, no effect",
        why="10 JPY taken as 10 EUR is a loss of more than a hundredfold.",
        causes="`currency` is never read. Compare it with the account's before money moves.",
    ),
    Rule(
        id="BET-08",
        statement="a banned player's bets are refused, no effect",
        why=(
            "A ban that does not stop bets breaks the licence, and self-excluded players have their "
            "losses paid back by courts."
        ),
        causes="The ban is checked at login only. Check it when the bet arrives.",
        needs=("ban",),
    ),
    Rule(
        id="BET-09",
        level=Level.SHOULD,
        statement="a bet of 0 moves nothing and is answered without a crash",
        why="A free bet is sent with an amount of 0; a crash there stops the player's session.",
        causes=(
            'Division by the amount, or "not amount" taken for a missing field. Test for absence, not '
            "for falsehood."
        ),
    ),
    Rule(
        id="BET-10",
        statement=(
            "sums of decimals are exact: 1000 x 0.10, 0.1+0.2, 19.99 repeated, back to the starting "
            "balance to the last unit"
        ),
        why=(
            "Binary fractions lose cents slowly, over thousands of wagers, where no single statement "
            "shows it."
        ),
        causes=(
            "Balances kept as float or double. Keep decimals or integer minor units from the first "
            "byte to the last."
        ),
    ),
    Rule(
        id="BET-11",
        level=Level.SHOULD,
        ability="fine_amounts",
        statement=(
            "an amount finer than the currency's unit (0.001 EUR) is refused or kept exactly, never "
            "rounded in the player's favour or against"
        ),
        why="Rounding in either direction is money made or lost on each bet, and it can be farmed.",
        causes="The column rounds silently. Refuse amounts finer than the currency's unit.",
    ),
    Rule(
        id="BET-12",
        when={
            Observed.REFUSED: (
                "A limit on amounts, or types that are too narrow. Use 64-bit integers or NUMERIC, and no limit "
                "below 10^12 units."
            )
        },
        statement="large amounts (up to 10^12 units) are exact",
        why="Large sums are where doubles and 32-bit integers go wrong, and where it hurts most.",
        causes=(
            "Columns or types that are too narrow. Use 64-bit integers or NUMERIC, and no float on the way."
        ),
    ),
    Rule(
        id="BET-13",
        level=Level.SHOULD,
        statement="a currency with other decimals (JPY 0, KWD 3), where the target offers one, is exact",
        why=(
            "A hundredth of a yen does not exist and a dinar has thousandths: two decimals for all is "
            "wrong by ten or a hundred times."
        ),
        causes="A fixed factor of 100. Take the decimals from ISO 4217 by currency.",
    ),
    Rule(
        id="RES-01",
        broken_by_answers=True,
        statement="a result deposits exactly its amount",
        why="A win that is paid a cent wrong is wrong for every winner.",
        causes="Rounding, or the stake added to the payout once more. Deposit exactly `amount`.",
    ),
    Rule(
        id="RES-02",
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        broken_by_answers=True,
        statement="a result of 0 (a lost bet) succeeds and moves nothing",
        why="A lost bet is settled with 0; refusing it makes the OPERATOR send it again until it gives up.",
        causes="Amounts of 0 are taken for missing or invalid. Accept them and record the transaction.",
    ),
    Rule(
        id="RES-03",
        ability="results_alone",
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        by_answers=True,
        statement="a result that no bet precedes succeeds",
        why="Promotions and corrections are paid without a bet; refusing them keeps money from the player.",
        causes="A result looks for the player's open bet. A result stands for itself.",
    ),
    Rule(
        id="RES-04",
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        statement="a banned player's results are paid",
        why="A player banned after the bet still owns the win; only bets may be declined.",
        causes="One check of the ban for all actions. Let it apply to bets only.",
        needs=("ban",),
    ),
    Rule(
        id="RES-05",
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        broken_by_answers=True,
        statement="several results after one bet are all paid",
        why="Cash-outs and corrections pay in parts; paying only the first keeps the rest.",
        causes=(
            "The bet is closed at its first result. Recognise copies by `transaction_id`, never by the bet."
        ),
    ),
    Rule(
        id="RES-06",
        broken_by_answers=True,
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        statement="a result succeeds at balance zero and at a negative balance",
        why="The player whose balance is gone is the one who needs the win that comes in.",
        causes="A check of the balance that applies to deposits also. Check funds for bets only.",
    ),
)
