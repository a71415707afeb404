"""Scenarios of CHK: right shops of many kinds are not accused, and what cannot be judged is told."""

import json
from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
import requests
from rich.console import Console

from scenarios.checkout import test_chk_repeated
from scenarios.contract import select
from scenarios.doctor.locked_rules import locked
from scenarios.problems.errors import Exit
from scenarios.report.terminal import Terminal
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import NORMAL, QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import load
from tests.scenarios.checkout.faults import (
    DeclinesGrant,
    Kept,
    KeyInClaims,
    OtherKey,
    SellsTheFirst,
    UncheckedDecisions,
    Unsigned,
)
from tests.scenarios.checkout.habits import HABITS
from tests.simulators.checkout.running import MUTATION
from tests.simulators.checkout.shop import MERCHANT, Keys, Shop, served, target_of
from tests.support.in_memory.judging import BLAMED, at

RULES = tuple(rule.id for rule in select(provider="checkout"))
REPEATED = test_chk_repeated.test_repeated_decisions_have_one_effect.__name__


def judge(shop, rules=RULES, effort=QUICK, **target):
    with served(shop) as url:
        return check(Settings(target_of(url, shop, **target), tuple(rules), effort, seed=1))


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_correct_shop_passes_every_rule(algorithm):
    judged = judge(Shop(Keys(algorithm)))
    assert judged.problem is None
    assert set(at(judged, Standing.PASSED)) == set(RULES), judged.verdicts
    assert judged.code is Exit.HOLDS
    assert not judged.run.warnings


def test_amounts_as_floats_have_them_are_right():
    class Floats(Shop):
        """Divides the price after tax, and adds up cents."""

        def price(self, before, after, percentage):
            price = super().price(before, after, percentage)
            exact = Decimal(repr(float(after) / (1 + float(percentage) / 100)))
            tax = Decimal(repr(float(after) - float(exact)))
            return price | {"valueBeforeTax": exact, "taxValue": tax}

    judged = judge(Floats())
    assert set(at(judged, Standing.PASSED)) == set(RULES), judged.verdicts


@pytest.mark.parametrize(
    ("algorithm", "fault", "rules"),
    [
        ("HS256", DeclinesGrant, {"CHK-11"}),
        ("RS256", Unsigned, {"CHK-01"}),
        ("ES256", Kept, {"CHK-10"}),
        ("RS256", UncheckedDecisions, {"CHK-11"}),
    ],
)
def test_faults_are_blamed_alike_under_every_algorithm(algorithm, fault, rules):
    assert set(at(judge(fault(Keys(algorithm))), *BLAMED)) == rules


def test_a_public_key_is_no_shared_secret():
    keys = Keys("RS256")

    class Confused(Shop):
        def sign(self, claims):
            return Shop(Keys("HS256")).sign(claims)

    assert set(at(judge(Confused(keys)), *BLAMED)) == {"CHK-01"}


@pytest.mark.parametrize("habit", HABITS)
def test_what_a_contrary_decision_does_is_the_shops_choice(habit):
    shop = habit()
    with served(shop) as url:
        settings = Settings(target_of(url, shop), ("CHK-11",), NORMAL, seed=1)
        judged = check(settings, paths=[f"{test_chk_repeated.__file__}::{REPEATED}"])
    assert set(at(judged, Standing.PASSED)) == {"CHK-11"}, judged.verdicts


def test_a_checkout_is_known_by_the_name_that_it_got_when_the_shop_made_it():
    class KnowsItsOwn(Shop):
        """Makes its checkouts itself, and heeds decisions about those only, by the provider's name of each."""

        def __init__(self):
            super().__init__()
            self.tokens, self.made = {}, {}

        def sign(self, claims):
            token = super().sign(claims)
            self.tokens[claims["data"]["merchantReference"]] = token
            return token

        def route(self, path, query, body):
            if not path.startswith("/start/"):
                return super().route(path, query, body)
            reference = path.removeprefix("/start/")
            variables = {"merchantId": MERCHANT, "payload": self.tokens[reference]}
            made = requests.post(
                f"{self.checkout}/graphql", json={"query": MUTATION, "variables": variables}
            ).json()
            self.made[made["data"]["createMerchantCheckout"]["checkout"]["token"]] = reference
            return "200 OK", "application/json", "{}"

        def verified(self, payload):
            claims = super().verified(payload)
            known = self.made.get(claims["data"]["reference"])
            return claims if known == claims["data"].get("merchantReference") else {"data": {}}

    shop = KnowsItsOwn()
    with served(shop) as url:
        entries = ("checkout_token", "checkout_start", "order")
        target = target_of(url, shop, entries)
        shop.checkout = f"http://{target.need_checkout().listen}"
        judged = check(Settings(target, ("CHK-11",), QUICK, seed=1))
    assert set(at(judged, Standing.PASSED)) == {"CHK-11"}, judged.verdicts


def test_a_shop_that_never_heeds_a_decision_is_undecided():
    class Deaf(Shop):
        def decide(self, reference, outcome):
            return "200 OK"

    # It is waited for again and again, and never does it.
    judged = judge(Deaf(), ["CHK-11"], replace(QUICK, patience=1.0))
    assert "does not show" in at(judged, Standing.UNDECIDED)["CHK-11"]
    assert "add to [driver]: checkout_start = " in at(judged, Standing.UNDECIDED)["CHK-11"]
    assert judged.code is Exit.UNDECIDED


def test_with_the_token_alone_what_cannot_be_judged_is_skipped_with_the_line_to_add():
    judged = judge(Shop(), entries=("checkout_token",), decision_url=None, decision_key=None, variants=None)
    # Nobody said what is sold, and the usual names are not.
    skipped = at(judged, Standing.SKIPPED)
    assert set(skipped) == set(RULES)
    assert "variants = [" in skipped["CHK-01"]
    assert "decision_url = " in skipped["CHK-11"]
    judged = judge(Shop(), entries=("checkout_token",), decision_url=None, decision_key=None)
    assert set(at(judged, Standing.SKIPPED)) == {"CHK-11"}
    assert set(at(judged, Standing.PASSED)) == set(RULES) - {"CHK-11"}


def test_decisions_under_key_pairs_take_a_key_of_the_providers():
    judged = judge(Shop(Keys("ES256")), ["CHK-11"], decision_key=None)
    assert "decision_key = " in at(judged, Standing.SKIPPED)["CHK-11"]
    judged = judge(Shop(), ["CHK-11"], entries=("checkout_token",))
    assert "order = " in at(judged, Standing.SKIPPED)["CHK-11"]


class SellsAnything(Shop):
    """Sells whatever is asked for at one price."""

    def claims(self, variant, query):
        claims = super().claims("mug", query)
        claims["data"]["variant"]["reference"] = variant
        return claims


def test_variants_are_guessed_where_nobody_names_them():
    judged = judge(SellsAnything(), variants=None)
    assert set(at(judged, Standing.PASSED)) == set(RULES)
    # Whether the reference is the one asked for cannot be told for names that the judge made up.
    judged = judge(
        SellsTheFirst(SellsAnything().keys, dict.fromkeys(("variant-1", "variant-2"), ("GBP", 5, 0))),
        variants=None,
    )
    assert not at(judged, *BLAMED)


def test_an_address_without_variant_is_asked_as_it_is():
    shop = Shop()
    with served(shop) as url:
        target = target_of(url, shop, ("checkout_token",), variants=None, decision_url=None)
        entry = target.driver.checkout_token.model_copy(update={"get": f"{url}/token?variant=mug"})
        target = target.model_copy(
            update={"driver": target.driver.model_copy(update={"checkout_token": entry})}
        )
        judged = check(Settings(target, RULES, QUICK, seed=1))
    assert set(at(judged, Standing.PASSED)) == set(RULES) - {"CHK-11"}


def test_a_wrong_key_in_the_target_file_blames_nobody():
    keys = Keys("RS256")
    judged = judge(Shop(keys), ["CHK-01"], key="no key at all")
    assert not at(judged, *BLAMED)
    assert "correct key" in at(judged, Standing.UNDECIDED)["CHK-01"]


def test_a_client_that_is_not_there_is_the_targets_problem():
    shop = Shop()
    with served(shop) as url:
        target = target_of(url, shop)
    judged = check(Settings(target, RULES, QUICK, seed=1))
    assert judged.code is Exit.UNREACHABLE
    assert "checkout_token in [driver]" in judged.problem.next_step


def test_no_secret_is_in_what_is_said_of_a_leak():
    shop = KeyInClaims()
    judged = judge(shop, ["CHK-09"])
    reported = repr([result.findings for result in judged.run.results])
    assert shop.keys.client not in reported


PYTHON_DRIVER = """
import json, urllib.request

class Driver:
    def checkout_token(self, variant):
        with urllib.request.urlopen("{url}/token?variant=" + variant) as answer:
            return json.load(answer)["token"]
"""


@pytest.mark.parametrize(
    ("fault", "blamed"), [(Shop, set()), (OtherKey, {"CHK-01"}), (KeyInClaims, {"CHK-09"})]
)
def test_a_python_driver_does_as_well(fault, blamed, tmp_path):
    shop = fault()
    with served(shop) as url:
        (tmp_path / "shop_driver.py").write_text(PYTHON_DRIVER.replace("{url}", url))
        file = tmp_path / "pitboss.toml"
        file.write_text(
            f'[checkout]\nmerchant_id = "{MERCHANT}"\nkey = "{shop.keys.client}"\nvariants = ["mug", "book"]\n'
            '[driver]\npython = "shop_driver:Driver"\n'
        )
        judged = check(Settings(load(file, {}), RULES, QUICK, seed=1))
    assert set(at(judged, *BLAMED)) == blamed, judged.verdicts
    assert set(at(judged, Standing.SKIPPED)) == {"CHK-11"}
    assert not at(judged, Standing.UNDECIDED)


def test_doctor_names_the_lines_that_unlock_rules():
    shop = Shop(Keys("ES256"))
    entries = ("checkout_token", "order")

    def advice(**checkout):
        target = target_of("http://127.0.0.1:1", shop, entries, **checkout)
        return [step.advice for step in locked(target, set(entries).__contains__)]

    others = advice()
    assert [advised.split(":")[0] for advised in others] == [
        "OPERATOR is not configured",
        "Jackpot is not configured",
    ]
    assert "variants = [" in " ".join(advice(variants=None))
    assert "decision_url = " in " ".join(advice(decision_url=None))
    assert "decision_key = " in " ".join(advice(decision_key=None))


def test_a_target_of_nothing_but_a_checkout_gets_its_report(tmp_path):
    shop, reported = Shop(), StringIO()
    with served(shop) as url:
        settings = Settings(target_of(url, shop), (*RULES, "SIG-01", "VTK-01"), QUICK, seed=1)
        terminal = Terminal(Console(file=reported, width=200))
        judged = check(settings, report=tmp_path, watchers=[terminal])
        terminal.conclude(judged, tmp_path)
    assert judged.problem is None
    assert set(at(judged, Standing.SKIPPED)) == {"SIG-01", "VTK-01"}
    assert f"against {url}/\n" in reported.getvalue()
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["probe"] == "nothing"
    assert {rule["outcome"] for rule in report["rules"] if rule["id"] in RULES} == {"passed"}
    for file in tmp_path.iterdir():
        assert shop.keys.client not in file.read_text()
