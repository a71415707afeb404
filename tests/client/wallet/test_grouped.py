"""Callbacks that share a database transaction end as if each had come alone; what fails takes nobody with it."""

import itertools
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client_under_test.app import Parts, create_app
from client_under_test.database import Database
from client_under_test.schema import players, postings, transactions
from client_under_test.wallet import groups
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.callbacks import Desk
from client_under_test.wallet.express import Express
from client_under_test.wallet.grouped import GroupedLedger
from client_under_test.wallet.groups import Groups
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import Action, Transaction
from client_under_test.wallet.refusals import Refused
from tests.support.client_calls import config, message, plain, rollback, signed

_EXAMPLES = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    address = (
        tmp_path / "books.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    books = Database(str(address))
    books.prepare()
    yield books
    books.close()


def bet(player="p-1", amount=100, **fields):
    return Transaction(str(uuid.uuid4()), Action.BET, player, "EUR", amount, **fields)


@st.composite
def groups_of_transactions(draw):
    """Groups over few ids, players and amounts, so that copies, orphans and reused ids abound."""
    ids = st.sampled_from(["a", "b", "c", "d"])
    one = st.builds(
        Transaction,
        id=ids,
        action=st.sampled_from(Action),
        player=st.sampled_from(["one", "two", "nobody"]),
        currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
        amount=st.sampled_from([0, 10, 60, 100]),
        target=ids,
    )
    return draw(st.lists(st.lists(one, min_size=1, max_size=6), min_size=1, max_size=4))


def told(end, known):
    """What an answer says, with the CLIENT's ids replaced by the order in which they first appeared."""
    if isinstance(end, Refused):
        return end.code
    return end.error or known.setdefault(end.client_id, len(known))


def alone(ledger, transaction):
    try:
        return ledger.attempt(transaction)
    except Refused as refusal:
        return refusal


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_groups=groups_of_transactions())
def test_a_group_ends_as_if_each_had_come_alone(database, given_groups):
    grouped, ledger, accounts = GroupedLedger(database), Ledger(database), Accounts(database)
    example = next(_EXAMPLES)
    ends, balances = {}, {}
    for way in ("together", "alone"):

        def renamed(one, mark=f"{example}-{way}-"):
            target = mark + one.target if one.action is Action.ROLLBACK else None
            return Transaction(mark + one.id, one.action, mark + one.player, one.currency, one.amount, target)

        mark = f"{example}-{way}-"
        for name in ("one", "two"):
            accounts.open(mark + name, "EUR", 100)
        known, ends[way] = {}, []
        for group in given_groups:
            renamed_group = [renamed(one) for one in group]
            came = grouped.handle_all(renamed_group) if way == "together" else [None] * len(group)
            for one, end in zip(renamed_group, came, strict=True):
                if way == "together":
                    assert (end is None) == one.player.endswith("nobody")
                ends[way].append(told(alone(ledger, one) if end is None else end, known))
        balances[way] = [accounts.get(mark + name).balance for name in ("one", "two")]
    assert ends["together"] == ends["alone"]
    assert balances["together"] == balances["alone"]
    assert accounts.recompute() == []


def counted(database):
    with database.read() as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (transactions, postings)
        ]


def test_what_fails_takes_nobody_with_it(database):
    Accounts(database).seed(["p-1", "p-2"], "EUR", 1000)
    before = counted(database)
    good, bad, fine = bet(), Transaction("bad", Action.RESULT, "p-1", "EUR", 2**70), bet("p-2")
    assert GroupedLedger(database).handle_all([good, bad, fine]) == [None, None, None]
    assert counted(database) == before
    ledger = GroupedLedger(database)
    start = threading.Barrier(3)

    def one(transaction):
        start.wait()
        try:
            return ledger.apply(transaction)
        except Exception as error:
            return error

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(one, (good, bad, fine)))
    assert isinstance(ends[0], str)
    assert isinstance(ends[2], str)
    assert isinstance(ends[1], (OverflowError, sa.exc.SQLAlchemyError))
    assert [Accounts(database).get(name).balance for name in ("p-1", "p-2")] == [900, 900]
    assert Accounts(database).recompute() == []


def test_who_is_busy_elsewhere_holds_nobody_up(postgres_url):
    database = Database(postgres_url)
    database.prepare()
    Accounts(database).seed(["p-1", "p-2"], "EUR", 1000)
    with database.write() as connection:
        connection.execute(sa.select(players).where(players.c.id == "p-1").with_for_update())
        ends = GroupedLedger(database).handle_all([bet(), bet("p-2")])
    assert ends[0] is None
    assert ends[1].error is None
    database.close()


def test_a_full_disk_answers_no_one_and_loses_nothing(tmp_path):
    database = Database(str(tmp_path / "books.sqlite"))
    database.prepare()
    Accounts(database).seed(["p-1"], "EUR", 10**6)
    full = True

    @sa.event.listens_for(database.engine, "checkout")
    def fill(connection: sqlite3.Connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full else 10**6}").close()

    ledger = GroupedLedger(database)
    failed = None
    for _ in range(200):
        failed = bet()
        before = counted(database)
        try:
            ledger.apply(failed)
        except sa.exc.OperationalError:
            break
    assert counted(database) == before
    full = False
    client_id = ledger.apply(failed)
    assert ledger.apply(failed) == client_id
    assert Accounts(database).recompute() == []
    database.close()


def test_groups_are_what_waited_and_never_overlap():
    at_work = threading.Lock()
    seen = []
    let_go = threading.Event()
    entered = threading.Event()

    def work(items):
        assert at_work.acquire(blocking=False), "two groups at once"
        entered.set()
        let_go.wait(20)
        seen.append(list(items))
        at_work.release()
        if "bad" in items:
            raise ValueError("of the group")
        return [item * 2 for item in items]

    together = Groups(work)
    with ThreadPoolExecutor(200) as pool:
        first = pool.submit(together.run, 0)
        assert entered.wait(20)
        rest = [pool.submit(together.run, number) for number in range(1, 150)]
        while len(together._waiting) < len(rest):
            let_go.wait(0.001)
        let_go.set()
        assert [first.result(20), *(one.result(20) for one in rest)] == [n * 2 for n in range(150)]
        assert [len(group) for group in seen] == [1, groups.LARGEST, groups.LARGEST, 149 - 2 * groups.LARGEST]
        with pytest.raises(ValueError, match="of the group"):
            together.run("bad")
        assert together.run(7) == 14


class _ThroughFlask(Desk):
    """The same desk, but not the one that the express way is for."""


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """The reference as it is, and with its callbacks answered by Flask."""
    apps = [
        create_app(config(tmp_path_factory.mktemp("way")), parts)
        for parts in (Parts(), Parts(desk=_ThroughFlask))
    ]
    assert [isinstance(app.wsgi_app, Express) for app in apps] == [True, False]
    yield apps
    for app in apps:
        app.extensions["database"].close()


def answered(app, method, path, body, headers):
    """Status, headers and document of an answer, its minted id made plain."""
    came = app.test_client().open(path, method=method, data=body, headers={**signed(body), **headers})
    document = came.get_json()
    if document.get("transaction_id"):
        assert uuid.UUID(document["transaction_id"])
        document["transaction_id"] = "minted"
    return came.status_code, dict(came.headers), document, came.get_data()[-2:]


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (plain(message("bet", 1, transaction_id="x-1")), {}, None),
        (plain(message("bet", 1)), {"X-Security-Hash": "0" * 64}, "INVALID_HASH"),
        (plain(message("bet", 1)), {"X-Security-Hash": ""}, "INVALID_HASH"),
        (plain(message("bet", 1)), {"X-Security-Hash": "\xe9\xff"}, "INVALID_HASH"),
        (plain(message("bet", 1)), {"Content-Type": "text/plain"}, "INVALID_CONTENT_TYPE"),
        (plain(message("bet", 1)), {"Content-Type": "Application/JSON; charset=utf-8"}, None),
        (plain(message("bet", 10**9)), {}, "INSUFFICIENT_FUNDS"),
        (plain(message("bet", 1, "nobody")), {}, "UNKNOWN_PLAYER"),
        (plain(rollback("x-1", 1)), {}, "INVALID_ACTION"),
        (b"", {}, "INVALID_JSON"),
        (b"{", {}, "INVALID_JSON"),
        (b"\xff", {}, "INVALID_JSON"),
        (plain(message("bet", 1, padding="x" * 65_000)), {}, None),
        (plain(message("bet", 1, padding="x" * 66_000)), {}, "BODY_TOO_LARGE"),
    ],
)
def test_the_express_way_answers_as_flask_does(both_ways, body, headers, error):
    express, flask = (answered(app, "POST", "/operator/transaction", body, headers) for app in both_ways)
    assert express == flask
    assert express[2]["error"] == error


@pytest.mark.parametrize(
    "path", ["/operator/transaction", "/operator/transaction/", "/transaction", "/healthz"]
)
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_all_but_callbacks_go_to_flask(both_ways, method, path):
    express, flask = (answered(app, method, path, plain(message("bet", 1)), {}) for app in both_ways)
    assert express == flask


@pytest.mark.parametrize("fresh", [0.0, 60.0])
def test_connections_that_the_server_ended_are_replaced(postgres_url, monkeypatch, fresh):
    monkeypatch.setattr("client_under_test.database._FRESH", fresh)
    database = Database(postgres_url)
    database.prepare()
    Accounts(database).seed(["p-1"], "EUR", 1000)
    ledger = GroupedLedger(database)
    ledger.apply(bet())
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    ledger.apply(bet())
    assert Accounts(database).get("p-1").balance == 800
    database.close()
