"""Rules of the OPERATOR, copies and rollbacks: IDM and RBK (``sportsbook.txt``)."""

from scenarios.contract.rule import Level, Observed, Rule

OPERATOR_ONCE: tuple[Rule, ...] = (
    Rule(
        id="IDM-01",
        when={
            Observed.REFUSED: (
                "The unique key does its work, and that it is taken is answered as an error. Answer what was "
                "answered the first time."
            )
        },
        broken_by_answers=True,
        statement=(
            "the same request sent again: balance unchanged, `error: null`, the same CLIENT id as the "
            "first time"
        ),
        why="The OPERATOR sends again whenever an answer is lost; each copy that counts is paid twice.",
        causes=(
            "Ids are not stored, or not for every action. Put a unique key on the OPERATOR's id and "
            "store the answer with it."
        ),
    ),
    Rule(
        id="IDM-02",
        when={
            Observed.REFUSED: (
                "The unique key does its work, and that it is taken is answered as an error. Wait for the first, "
                "and answer what it was answered."
            )
        },
        broken_by_answers=True,
        statement=(
            "N copies at once (released by last-byte synchronisation): one effect, every answer the "
            "same CLIENT id"
        ),
        why="Copies that meet in flight are the usual way one win is paid several times.",
        causes=(
            "The id is looked up first and inserted later. Let a unique key in the same database "
            "transaction decide."
        ),
    ),
    Rule(
        id="IDM-03",
        broken_by_answers=True,
        statement=(
            "a copy after a lost answer (the connection is cut once the request is fully sent, at "
            "several instants) has no second effect"
        ),
        why="A lost answer says nothing about the money; the copy that follows must not move it again.",
        causes=(
            "Work is undone or repeated when the connection breaks, or the id is stored after the "
            "money. Commit both together, before the answer."
        ),
    ),
    Rule(
        id="IDM-04",
        by_answers=True,
        statement="a copy after many other transactions, and after a pause, is still recognised",
        why="Providers repeat after hours; a memory of the last few ids pays those copies again.",
        causes="Ids in a cache that expires or is bounded. Keep them as long as the ledger.",
    ),
    Rule(
        id="IDM-05",
        statement="the same id with another amount has no second effect",
        why="The id is the transaction; a copy with another amount that counts pays twice.",
        causes="The key is made of id and amount. Use the id alone.",
    ),
    Rule(
        id="IDM-06",
        statement="the same id under another action has no second effect",
        why="A bet's id that is also taken as a result turns one wager into two movements.",
        causes="One table or key for each action. Keep one set of ids for all.",
    ),
    Rule(
        id="IDM-07",
        level=Level.SHOULD,
        statement=(
            "the same id for another player has no second effect (ids are unique on the OPERATOR's side)"
        ),
        why=(
            "The OPERATOR's ids are unique over all players; the same one elsewhere is an error that "
            "must not pay."
        ),
        causes="The key is made of player and id. Make the id unique by itself.",
        players=2,
        ability="ids_across_players",
    ),
    Rule(
        id="IDM-08",
        level=Level.SHOULD,
        statement=(
            "ids are compared exactly: `abc`, `ABC`, `abc ` and `abc` with a combining accent are "
            "different transactions"
        ),
        why="Two transactions taken for one leave the second win unpaid.",
        causes=(
            "Collations that ignore case or accents, trimming, or Unicode normalisation. Compare ids "
            "as bytes."
        ),
    ),
    Rule(
        id="IDM-09",
        broken_by_answers=True,
        statement="the same transaction in other bytes (key order, white space) is the same transaction",
        why="Providers change their JSON library; the retry then looks different and is paid again.",
        causes="The key is a hash of the body. Use `transaction_id`.",
    ),
    Rule(
        id="IDM-10",
        statement=(
            "a copy after the CLIENT was killed and started again is recognised, and every "
            "acknowledged transaction is still there"
        ),
        why="Restarts happen while wagers are in flight; what was acknowledged is owed.",
        causes=(
            "Ids or balances in memory, or a database that does not sync at commit. Commit durably "
            "before the answer."
        ),
        needs=("restart",),
    ),
    Rule(
        id="IDM-11",
        broken_by_answers=True,
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        statement=(
            "a provider retry schedule (timeout, then copies with growing pauses, some concurrent) "
            "ends with one effect"
        ),
        why="This is what a bad evening really sends: timeouts, then copies, some of them together.",
        causes="Any of the faults of IDM-01 to IDM-04. Fix those first.",
    ),
    Rule(
        id="RBK-01",
        when={
            Observed.REFUSED: (
                "The bet is not found by the id in `rollback_transaction_id`, or not in a state that can be rolled "
                "back. Look for the OPERATOR's id, of any bet that was taken."
            )
        },
        broken_by_answers=True,
        statement="rolling back a bet returns exactly its amount",
        why="A bet that did not stand must come back in full, or the player paid for nothing.",
        causes="The wrong amount or sign. Reverse the stored posting of the original.",
    ),
    Rule(
        id="RBK-02",
        when={
            Observed.REFUSED: (
                "Rollbacks look for bets only, or check the balance. Look for results, too; the balance may go "
                "below zero."
            )
        },
        broken_by_answers=True,
        statement="rolling back a result takes exactly its amount back",
        why="A win paid in error and not taken back is the house's loss.",
        causes=(
            "Rollbacks always add, or look for the original among the bets alone. Reverse the direction of the "
            "original: a bet is returned, a result taken."
        ),
    ),
    Rule(
        id="RBK-03",
        level=Level.SHOULD,
        broken_by_answers=True,
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        statement=(
            "rolling back a result already spent succeeds; the balance may go negative (only bets may "
            "be declined)"
        ),
        why="A player who spends a wrong win faster than it is corrected would keep it.",
        causes="The check of the balance applies to rollbacks also. Let the balance go below zero here.",
    ),
    Rule(
        id="RBK-04",
        when={
            Observed.REFUSED: (
                "An id that is not known is taken for an error. Record the rollback and answer success: what it "
                "names may never have come."
            )
        },
        broken_by_answers=True,
        statement=(
            "an orphan rollback (unknown `rollback_transaction_id`) succeeds, gets a CLIENT id, moves "
            "no money"
        ),
        why="A rollback of a bet that never arrived is common after a timeout; paying it gives away money.",
        causes=(
            "The amount is credited without looking for the original. Look first, and record the "
            "rollback without a movement."
        ),
    ),
    Rule(
        id="RBK-05",
        when={
            Observed.REFUSED: (
                "That the id is taken is answered as an error. Answer what was answered the first time."
            )
        },
        by_answers=True,
        statement="an orphan rollback sent again answers the same CLIENT id",
        why="Orphans are sent again as all rollbacks are; a new id each time looks like new money.",
        causes="Orphans are answered but not stored. Insert them as any transaction.",
        ability="unknown_rollbacks",
    ),
    Rule(
        id="RBK-06",
        level=Level.SHOULD,
        statement=(
            "a bet that arrives after its own orphan rollback moves no money (decided: that is what "
            "the record is inserted for); whether it answers success or an error is INFO"
        ),
        source="sportsbook.txt, Transaction-rollback (decided here)",
        why=(
            "The OPERATOR has given that bet up; withdrawing it now takes money for a bet that does "
            "not exist."
        ),
        causes=(
            "The orphan does not keep the id it was to roll back. Store that id, and look there "
            "before taking a bet."
        ),
        ability="unknown_rollbacks",
    ),
    Rule(
        id="RBK-07",
        statement=(
            "a second rollback of the same transaction under a new provider id moves no money "
            "(decided: otherwise money is made)"
        ),
        source="sportsbook.txt, Transaction-rollback (decided here)",
        why="Each further rollback that pays makes money from nothing.",
        causes="Only the rollback's own id is checked. Mark the original as rolled back, under its lock.",
    ),
    Rule(
        id="RBK-08",
        when={
            Observed.REFUSED: (
                "A refused bet is not found, or not in a state that can be rolled back. Answer success: there is "
                "nothing to return."
            )
        },
        statement="rolling back a refused bet succeeds and moves no money",
        why="Returning a stake that was never taken is a gift for each refused bet.",
        causes="Refused bets are stored like accepted ones. Return only what was withdrawn.",
    ),
    Rule(
        id="RBK-09",
        level=Level.SHOULD,
        statement=(
            "where the rollback's `amount` differs from the original's, no more than the original is "
            "returned; which of the two is used is INFO"
        ),
        why="A rollback that returns more than was staked makes money.",
        causes="The request's amount is trusted. Return what the original's posting says.",
    ),
    Rule(
        id="RBK-10",
        statement="a rollback that names another player's transaction pays neither player",
        why="Otherwise one player's stake is paid to another.",
        causes="The original is looked up without its player. Compare the player of both.",
    ),
    Rule(
        id="RBK-11",
        level=Level.INFO,
        statement=(
            "rolling back a rollback: recorded; MUST NOT crash, and MUST NOT pay more than was ever taken"
        ),
        why="A chain of rollbacks that pays each time has no end.",
        causes=(
            "Rollbacks are stored as transactions that can be rolled back. Decide what they mean, and "
            "never pay beyond what was taken."
        ),
        ability="rollback_ids",
    ),
    Rule(
        id="RBK-12",
        statement=(
            "bet and its rollback (with copies of both) racing each other end at the starting balance"
        ),
        why=(
            "A bet and its rollback cross on the wire after each timeout; the wrong order must not "
            "cost the stake or pay it."
        ),
        causes="Bet and rollback lock different rows. Lock the player's account for both.",
    ),
    Rule(
        id="RBK-13",
        fits=(Observed.REFUSED, Observed.MONEY, Observed.OTHER),
        broken_by_answers=True,
        statement="a result that arrives after its bet was rolled back is still paid",
        why="Only bets may be declined; a result is always owed.",
        causes="The result is tied to a bet that is gone. Pay results for themselves.",
    ),
    Rule(
        id="RBK-14",
        statement=(
            "concurrent rollbacks of one bet, under the same and under different ids, return its amount once"
        ),
        why="Rollbacks are sent again too; two that meet would return the stake twice.",
        causes=(
            'The mark "rolled back" is read and written in separate steps. Read it under the lock, or '
            "make it a unique key."
        ),
    ),
    Rule(
        id="RBK-15",
        level=Level.SHOULD,
        ability="rollback_currency",
        statement="a rollback in another currency than the original moves no money, in neither currency",
        why="A stake in yen returned in euros is money from nothing.",
        causes="`currency` is not compared with the original's. Compare it.",
    ),
    Rule(
        id="RBK-16",
        level=Level.INFO,
        statement="a result that arrives after its own rollback: recorded (paid, not paid, refused)",
        why="The documents do not say; all three are allowed, and everything else is judged by what the CLIENT chose.",
        causes="Nothing is wrong. Where it matters to you, agree with the provider on one of the three.",
        ability="unknown_rollbacks",
    ),
)
