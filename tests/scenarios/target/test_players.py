"""``[players]`` of the target file: what they own, and who has another currency."""

from decimal import Decimal

from scenarios.target.loading import load

IDS = 'ids = ["p-1"]'
BASE = f'[operator]\ncallback_url = "http://127.0.0.1:8710"\nsecurity_hash = "env:HASH"\n[players]\n{IDS}\n'
ENV = {"HASH": "s3cret-hash"}


def read(folder, text, environ=ENV):
    path = folder / "pitboss.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def test_an_opening_balance_is_an_amount_of_the_players_currency(tmp_path):
    text = f'{IDS}\nothers = {{ JPY = "y" }}\nopening = {{ p-1 = "-3.50", y = 100 }}'
    players = read(tmp_path, BASE.replace(IDS, text)).players
    assert players.opening == {"p-1": Decimal("-3.50"), "y": Decimal(100)}
    variable = read(tmp_path, BASE, {**ENV, "PITBOSS_PLAYERS__OPENING": '{"p-1": "7.25"}'})
    assert variable.players.opening == {"p-1": Decimal("7.25")}


def test_one_player_or_several_have_another_currency(tmp_path):
    text = f'{IDS}\nothers = {{ JPY = ["y", "z"], KWD = "k,w" }}\nopening = {{ z = 100 }}'
    players = read(tmp_path, BASE.replace(IDS, text)).players
    assert players.others == {"JPY": ("y", "z"), "KWD": ("k,w",)}
    assert [players.currency_of(name) for name in ("p-1", "y", "z", "k,w")] == ["EUR", "JPY", "JPY", "KWD"]
    variables = {**ENV, "PITBOSS_PLAYERS__OTHERS__JPY": '["y", "z"]', "PITBOSS_PLAYERS__OTHERS__KWD": "k"}
    assert read(tmp_path, BASE, variables).players.others == {"JPY": ("y", "z"), "KWD": ("k",)}
