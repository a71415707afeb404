"""The target file: what is read, what overrides it, and what is said of its faults."""

import re
from pathlib import Path

import pytest

from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Checkout, DriverSection, Jackpot, Limits, Operator, Players, Target, load
from tests.support.servers.racing_certificate import certificate

BASE = """
[operator]
callback_url = "http://127.0.0.1:8710/operator/"
security_hash = "env:HASH"
[players]
ids = ["p-1"]
"""
ENV = {"HASH": "s3cret-hash"}
STARTER = Path(__file__).parents[3] / "scenarios" / "target" / "starter.toml"


@pytest.fixture
def read(tmp_path):
    def read(text, environ=ENV):
        path = tmp_path / "pitboss.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ)

    return read


def test_three_values_are_enough(read):
    target = read(BASE)
    operator, players = target.need_operator()
    assert operator.callback_url == "http://127.0.0.1:8710/operator"
    assert operator.security_hash.get_secret_value() == "s3cret-hash"
    assert (operator.amount_format, operator.timeout) == ("number", 5.0)
    assert operator.listen_address == ("127.0.0.1", 8701)
    assert (players.ids, players.currency) == (("p-1",), "EUR")
    assert (target.probe, target.target.max_connections) == ("wagers", 32)
    assert target.jackpot is target.checkout is None
    assert target.driver.templates() == {}


def test_a_byte_order_mark_is_taken(tmp_path):
    path = tmp_path / "pitboss.toml"
    path.write_text(BASE, encoding="utf-8-sig")
    assert load(path, ENV).operator


def test_variables_come_from_a_file_beside_it_and_the_environment_wins(read, tmp_path):
    lines = "\n# one's own\nexport HASH='from the file'\nPITBOSS_OPERATOR__TIMEOUT=7\nEMPTY\n"
    (tmp_path / ".env").write_text(lines, encoding="utf-8-sig")
    alone = read(BASE, {}).operator
    assert (alone.security_hash.get_secret_value(), alone.timeout) == ("from the file", 7)
    assert read(BASE, ENV).operator.security_hash.get_secret_value() == ENV["HASH"]
    (tmp_path / ".env").write_bytes(b"HASH=\xff")
    with pytest.raises(UsageProblem, match="it is not UTF-8") as reported:
        read(BASE)
    assert "NAME=value" in reported.value.expected


def test_variables_override_the_file(read):
    target = read(
        BASE,
        {
            "PITBOSS_OPERATOR__SECURITY_HASH": "another",
            "PITBOSS_OPERATOR__TIMEOUT": "7.5",
            "PITBOSS_PLAYERS__IDS": "a, b",
            "PITBOSS_OPERATOR__CURRENCIES": '["EUR", "JPY"]',
            "PITBOSS_DRIVER__BAN": '{"post": "http://h/{player}"}',
            "PITBOSS_DRIVER__UNBAN__POST": "http://h/{player}/un",
            "PITBOSS_REPORT": "not a key",
        },
    )
    operator, players = target.need_operator()
    assert operator.security_hash.get_secret_value() == "another"
    assert (operator.timeout, operator.currencies, players.ids) == (7.5, ("EUR", "JPY"), ("a", "b"))
    assert target.driver.templates()["ban"].method_and_url == ("POST", "http://h/{player}")
    assert target.driver.templates()["unban"].post == "http://h/{player}/un"


def test_the_environment_alone_may_describe_the_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {
        "OPERATOR__CALLBACK_URL": "http://h/x",
        "OPERATOR__SECURITY_HASH": "env:HASH",
        "PLAYERS__IDS": "p",
    }
    target = load(None, {**ENV, **{f"PITBOSS_{name}": value for name, value in names.items()}})
    assert target.secrets() == {"operator.security_hash": "s3cret-hash"}
    assert target.path is None


def test_the_file_beside_the_user_is_found(tmp_path, monkeypatch):
    (tmp_path / "pitboss.toml").write_text(BASE)
    monkeypatch.chdir(tmp_path)
    assert load(None, ENV).directory == tmp_path


def test_players_currency_is_agreed_on_where_no_list_is_given(read):
    assert read(BASE + 'currency = "JPY"\n').need_operator()[0].currencies[0] == "JPY"


def test_ca_file_is_meant_from_the_files_directory(read, tmp_path):
    certificate(tmp_path).rename(tmp_path / "ca.pem")
    target = read(BASE.replace("[players]", 'ca_file = "ca.pem"\n[players]'))
    assert target.operator.ca_file == target.ca_file == str(tmp_path / "ca.pem")
    assert read(BASE).ca_file is None


@pytest.mark.parametrize(
    ("content", "came"),
    [
        (None, "No such file"),
        ("a text", "it holds no certificate"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "it holds a key, and no certificate",
        ),
    ],
)
def test_a_ca_file_without_a_certificate_is_named(read, tmp_path, content, came):
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(UsageProblem, match=came) as caught:
        read(BASE + '[target]\nca_file = "ca.pem"\n')
    assert f"[target] ca_file in {tmp_path / 'pitboss.toml'} is {tmp_path / 'ca.pem'}" in caught.value.came


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("http://127.0.0.1:8710", "http://me:hidden@127.0.0.1:8710"),
        BASE + '[driver]\nban = { post = "http://me:hidden@127.0.0.1/ban" }\n',
        '[jackpot]\nnotification_url = "https://me:hidden@c/n"\napi_key = "k"\napi_signature = "s"\n'
        'client_secret = "t"\n',
    ],
)
def test_a_password_in_an_address_is_refused_unseen_and_a_header_is_offered(read, text):
    with pytest.raises(UsageProblem, match="a user name or a password") as caught:
        read(text)
    assert 'headers = { Authorization = "env:GATEWAY" }' in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_headers_for_a_gateway_come_from_the_environment_and_are_secrets(read):
    target = read(
        BASE + '[target]\nheaders = { Authorization = "env:GATEWAY" }\n', ENV | {"GATEWAY": "Basic aGlkZGVu"}
    )
    assert {"Basic aGlkZGVu", "aGlkZGVu"} <= set(target.secrets().values())
    for wrong in ('{ "a b" = "x" }', '{ Content-Length = "1" }', '{ X = "a\\nb" }'):
        with pytest.raises(UsageProblem, match=r"\[target\] headers"):
            read(f"{BASE}[target]\nheaders = {wrong}\n")


def test_ca_file_of_the_target_holds_for_every_provider_and_that_of_the_operator_before_it(read, tmp_path):
    certificate(tmp_path).rename(tmp_path / "ca.pem")
    (tmp_path / "own.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    both = read(
        BASE.replace("[players]", 'ca_file = "own.pem"\n[players]') + '[target]\nca_file = "ca.pem"\n'
    )
    assert both.ca_file == str(tmp_path / "own.pem")
    jackpot = read(
        '[jackpot]\nnotification_url = "https://c/n"\napi_key = "k"\napi_signature = "s"\nclient_secret = "t"\n'
        '[target]\nca_file = "ca.pem"\n'
    )
    assert jackpot.ca_file == str(tmp_path / "ca.pem")


def test_no_secret_is_shown_and_all_are_known(read):
    target = read(
        BASE
        + """
[jackpot]
notification_url = "http://h/n"
api_key = "the-api-key"
api_signature = "the-signature"
client_secret = "the-client-secret"
[checkout]
merchant_id = "m"
key = "the-checkout-key"
[driver]
balance = { sql = "SELECT 1", url = "postgresql+psycopg://u:db-pass@h/d" }
[driver.ban]
post = "http://h/"
headers = { Authorization = "Bearer the-token", Accept = "a/b" }
json = { password = "the-pass" }
"""
    )
    secrets = set(target.secrets().values())
    hidden = {
        "the-api-key",
        "the-signature",
        "the-client-secret",
        "the-checkout-key",
        "the-token",
        "the-pass",
        "s3cret-hash",
    }
    assert secrets == hidden | {"db-pass", "Bearer the-token"}
    shown = repr(target)
    assert not [secret for secret in hidden | {"db-pass"} if secret in shown]


JACKPOT = (
    '[jackpot]\nnotification_url = "http://h/n"\napi_key = "k"\napi_signature = "s"\nclient_secret = "t"\n'
)

# What is changed in the file, what must be said of it, and the next step.
FAULTS = [
    ("callback_url =", "callbackurl =", "callbackurl in", "did you mean callback_url?"),
    ("callback_url =", "address =", "has no callback_url", "callback_url = "),
    ("[operator]", "[oprator]", "[oprator]", "did you mean operator?"),
    ("[players]", "timout = 3\n[players]", "timout", "did you mean timeout?"),
    ('"env:HASH"', '"env:HSAH"', "the variable HSAH is unset", "did you mean HASH?"),
    ('"env:HASH"', '""', "security_hash", "security_hash ="),
    ("http://", "ftp://", "ftp://", "callback_url ="),
    ("/operator/", "/operator?x=1", "no ?", "callback_url ="),
    ('["p-1"]', "[]", "ids", "ids ="),
    ('["p-1"]', '["p-1", "p-1"]', "p-1 is there more than once", "ids ="),
    ('["p-1"]', "[7]", "ids[0]", "ids ="),
    ('["p-1"]', '["p-1"]\ncurrency = "eur"', "did you mean EUR?", "currency ="),
    ('["p-1"]', '["p-1"]\ncurrency = "XQQ"', "'XQQ' is no ISO 4217", "currency ="),
    ("[players]", 'amount_format = "float"\n[players]', '"float"', "amount_format ="),
    ("[players]", 'dialect = "igpz"\n[players]', "did you mean igpx?", "dialect ="),
    ("[players]", 'timeout = "soon"\n[players]', '"soon"', "timeout = 5.0"),
    ("[players]", "timeout = true\n[players]", "true", "timeout = 5.0"),
    ("[players]", "timeout = 0\n[players]", "greater than 0", "timeout = 5.0"),
    ("[players]", 'listen = "8701"\n[players]', "no host:port", "listen ="),
    ("[players]", 'currencies = ["USD"]\n[players]', '"EUR"', "add EUR"),
    ("[players]", '[target]\nprobe = "http"\n[players]', "no balance", "balance = {"),
    ("[players]", '[target]\nprobe = "call"\n[players]', "has no such call", 'probe = "wagers"'),
    (
        "[players]",
        '[driver]\nbalance = { get = "http://h/" }\n[target]\nprobe = "sql"\n[players]',
        '"sql"',
        'probe = "http"',
    ),
    (
        "[players]",
        "[target]\nmax_connections = 0\n[players]",
        "greater than or equal to 1",
        "max_connections = 32",
    ),
    (
        "[players]",
        '[driver]\nban = { post = "http://h/{plyer}" }\n[players]',
        "did you mean player?",
        "ban =",
    ),
    ("[players]", '[driver]\nban = { poost = "http://h/" }\n[players]', "poost", "did you mean post?"),
    (
        "[players]",
        '[driver]\nban = { get = "http://h", post = "http://h" }\n[players]',
        "get and post",
        "ban =",
    ),
    ("[players]", '[driver]\nban = { run = "true" }\n[players]', "kind run", "ban ="),
    (
        "[players]",
        '[driver]\nbalance = { sql = "SELECT 1" }\n[players]',
        "sql and url belong together",
        "balance =",
    ),
    ("[players]", '[driver]\nstore = { get = "http://h", read = "a[" }\n[players]', "no JMESPath", "store ="),
    ("[players]", '[driver]\npython = "nothing"\n[players]', "nothing", "python ="),
    ("[players]", "[driver]\nban = 3\n[players]", "a table was expected", "ban ="),
    ("[operator]", "[operator", "line 2, column", "fix it"),
    ("[players]", f"{JACKPOT}ready_after = -1\n[players]", "greater than or equal to 0", "ready_after = 2.0"),
    ("[players]", 'api_version = "v1/"\n[players]', "'v1/' is no single part", "api_version ="),
    ("[players]", 'api_version = ""\n[players]', "api_version", "api_version ="),
    ("[players]", "languages = []\n[players]", "languages", "languages ="),
    ("[players]", f'{JACKPOT}client_id = ""\n[players]', "client_id", 'client_id = "client"'),
    ('["p-1"]', '["p-1"]\nothers = { JPY = [] }', "others.JPY", "others ="),
    ('["p-1"]', '["p-1"]\nothers = { JPY = ["y", "y"] }', "y is there more than once", "others ="),
    ('["p-1"]', '["p-1"]\nothers = { JPY = ["y", "p-1"] }', "p-1 is there more than once", "others ="),
    ('["p-1"]', '["p-1"]\nothers = { JPY = [7] }', "others.JPY[0]", "others ="),
    ('["p-1"]', '["p-1"]\nothers = { EUR = ["y", "z"] }', "EUR is the currency of ids", "others ="),
    ("[players]", 'website = "www.example.com"\n[players]', "no http://", "website ="),
    ("[players]", 'server_ip = ["54.151.247"]\n[players]', "'54.151.247' is neither", "server_ip ="),
    ("[players]", "server_ip = 54\n[players]", "server_ip", "server_ip ="),
    (
        "[players]",
        '[checkout]\nmerchant_id = "m"\nkey = "k"\nrequire_merchant_reference = "perhaps"\n[players]',
        '"perhaps"',
        "require_merchant_reference = true",
    ),
    (
        "[players]",
        '[checkout]\nmerchant_id = "m"\nkey = "k"\nauthentication = true\n[players]',
        "valid string",
        'authentication = "env:CHECKOUT_CLIENT_ID"',
    ),
    ("[players]", f'{JACKPOT}files_url = "files"\n[players]', "no http://", "files_url ="),
    ("[players]", f'{JACKPOT}ready_after = "soon"\n[players]', '"soon"', "ready_after = 2.0"),
]


_IDS = 'ids = ["p-1"]'
FAULTS += [
    (_IDS, f"{_IDS}\nopening = {given}", came, 'opening = { p-1 = "100.00" }')
    for given, came in (
        ('{ p-1 = "1,000.00" }', "is not a decimal number"),
        ("{ p-1 = 100.5 }", "the balance of p-1 is no decimal text"),
        ("{ p-1 = true }", "the balance of p-1 is no decimal text"),
        ('{ p-1 = "0.001" }', "finer than the smallest unit of EUR"),
        ('{ p-2 = "1.00" }', "p-2 is none of the players, p-1"),
        ('"100.00"', "a table was expected"),
    )
]


@pytest.mark.parametrize(("old", "new", "came", "next_step"), FAULTS, ids=lambda text: text[:24])
def test_faults_are_told_in_three_beats(read, old, new, came, next_step):
    with pytest.raises(UsageProblem) as caught:
        read(BASE.replace(old, new))
    problem = caught.value
    assert problem.exit_code == 2
    reported = [problem, *problem.more]
    assert all(each.came and each.expected and each.next_step for each in reported)
    assert came in " ".join(each.came + each.expected for each in reported)
    assert next_step in " ".join(each.next_step for each in reported)


def test_all_faults_are_told_at_once(read):
    with pytest.raises(UsageProblem) as caught:
        read(BASE.replace("callback_url", "callbackurl") + 'currency = "x"\n')
    # A mistyped key is one fault: that the right one is missing is none.
    assert len(caught.value.more) == 1


def test_a_fault_from_a_variable_names_the_variable(read):
    with pytest.raises(UsageProblem) as caught:
        read(BASE, {**ENV, "PITBOSS_OPERATOR__TIMEOUT": "soon"})
    assert "PITBOSS_OPERATOR__TIMEOUT" in caught.value.came


def test_a_secret_of_the_wrong_type_is_not_quoted(read):
    with pytest.raises(UsageProblem) as caught:
        read(BASE.replace('"env:HASH"', "123456789"))
    assert "123456789" not in str(caught.value)


def test_without_a_file_init_is_the_next_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageProblem) as caught:
        load(None, {})
    assert "pitboss init" in caught.value.next_step
    with pytest.raises(UsageProblem, match=r"there is no file .*other\.toml"):
        load(Path("other.toml"), {})


def test_a_missing_section_names_what_to_add(read):
    with pytest.raises(UsageProblem) as caught:
        read("").need_operator()
    assert "[operator] with callback_url" in caught.value.next_step
    with pytest.raises(UsageProblem, match=r"no section \[jackpot\]"):
        read(BASE).need_jackpot()


def test_the_missing_line_bears_the_clients_own_address(read):
    line = read(BASE.replace("http://127.0.0.1:8710", "https://staging.example")).missing("ban")
    assert line == 'ban = { post = "https://staging.example/players/{player}/ban" }'


def test_every_missing_line_is_one_that_can_be_added(read):
    target = read(BASE)
    for name in target.driver.__class__.model_fields:
        added = read(f"{BASE}[driver]\n{target.missing(name)}\n")
        assert getattr(added.driver, name) is not None


def test_the_starter_file_is_valid_and_names_every_key(read, tmp_path):
    certificate(tmp_path).rename(tmp_path / "ca.pem")
    text = STARTER.read_text(encoding="utf-8")
    environ = dict.fromkeys(re.findall(r'"env:(\w+)"', text), "a-value")
    plain = read(text, environ)
    assert plain.need_operator()[1].ids == ("p-1",)
    everything = re.sub(r"^# (\[\w+\]$|\w+ = )", r"\1", text, flags=re.MULTILINE)
    # Of two ways to read a balance one only can be on.
    everything = "\n".join(line for line in everything.splitlines() if "SELECT" not in line)
    target = read(everything, environ)
    sections = {"operator": Operator, "players": Players, "target": Limits, "jackpot": Jackpot}
    for section, model in {**sections, "checkout": Checkout, "driver": DriverSection}.items():
        assert getattr(target, section).model_fields_set == set(model.model_fields), section
    # What is commented out as a default is the default; these keys have none.
    without = {"probe": "", "ca_file": None, "time_limit": None, "headers": {}}
    assert target.target.model_copy(update=without) == Target().target
    defaults = {"amount_format", "dialect", "currencies", "languages", "timeout", "listen"}
    for name in defaults:
        assert getattr(target.operator, name) == Operator.model_fields[name].default
