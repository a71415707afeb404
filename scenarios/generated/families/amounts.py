"""Spellings of an amount: JSON texts with their meaning, from a small grammar.

Contract MSG-07 (malformed), MSG-12 (other spellings that mean the same). Finer amounts than a currency's unit
are BET-11's, negative ones MSG-08's, a missing one MSG-06's. Prices that a binary fraction falls short of are for
VTK-02, VCH-01 and EVT-10.
"""

from collections.abc import Iterator
from decimal import Decimal

from scenarios.generated.families.family import Family, family
from simulators.values import money

# Prices in cents, up to 40.00: times 100 as a binary fraction, each is a little less than this.
_SHORT = (1999, 115, 402, 820, 3530)
# A text of so many digits is a number that no balance holds.
_DIGITS = 400


def prices() -> Family[int]:
    """Prices in cents that a CLIENT which reckons in binary fractions and cuts takes for a cent less."""
    core, *others = [(f"{units / 100:.2f}", units) for units in _SHORT]
    return family([core], others)


def malformed() -> Family[str]:
    """JSON texts in place of an amount that are no amount at all: refused, and without effect (MSG-07)."""
    return family(
        core=[
            (text, text)
            for text in ('"abc"', '""', '"1,000.00"', "true", "[1]", "{}", '" "', '"-"', '"1e400"')
        ],
        others=[(text, text) for text in _malformed()],
    )


def poisonous() -> Family[str]:
    """Texts that are no amount and that can turn a balance into something that is none: tried last (MSG-07)."""
    return family(
        core=[
            (f"a number of {_DIGITS} digits", "9" * _DIGITS),
            ('"Infinity"', '"Infinity"'),
            ("Infinity", "Infinity"),
            ('"NaN"', '"NaN"'),
            ("NaN", "NaN"),
            ("1e400", "1e400"),
        ],
        others=[
            (f"a string of {_DIGITS} digits", f'"{"9" * _DIGITS}"'),
            ('"-Infinity"', '"-Infinity"'),
            ('"inf"', '"inf"'),
            ('"sNaN"', '"sNaN"'),
            ("1e999999999", "1e999999999"),
            ('"1e999999999"', '"1e999999999"'),
        ],
    )


def _malformed() -> Iterator[str]:
    yield from ("false", "[]", '["10"]', '{"amount":10}', '{"value":"10"}')
    # Signs and points without digits, and numbers that go on after their end.
    yield from (
        '"+"',
        '"."',
        '"-."',
        '"e5"',
        '"1e"',
        '"1e+"',
        '"1.2.3"',
        '"--1"',
        '"+-1"',
        '"1-"',
        '"10 EUR"',
    )
    yield from ('"EUR 10"', '"€10"', '"$10"', '"10;"', '"10#"', '"1/2"', '"0x10"', '"0b1"', '"ten"', '"null"')
    # Separators inside, as locales and programming languages write them.
    yield from ('"1_0"', '"1 000"', '"1\'000"', '"1,5"', '"1\u00a0000"', '"1\u2009000"', '"1.000,00"')
    # Blanks around, visible or not.
    yield from (
        '" 10"',
        '"10 "',
        '"\\t10"',
        '"10\\n"',
        '"\u00a010"',
        '"\u200b10"',
        '"10\\u0000"',
        '"\ufeff10"',
    )
    # Digits and signs of other scripts, which some number parsers read.
    yield from (
        '"\u0661\u0660"',
        '"\uff11\uff10"',
        '"\u0967\u0966"',
        '"\u22121"',
        '"\uff0b1"',
        '"1\uff0e5"',
        '"\u00b2"',
    )


def negative_forms() -> Family[str]:
    """Ways to write a number below zero, in which ``{}`` is the number without its sign (MSG-08)."""
    return family(
        core=[("a negative number", "-{}"), ("a negative string", '"-{}"')],
        others=[
            ("a negative number with an exponent", "-{}e0"),
            ("a negative string with an exponent", '"-{}e0"'),
            ("a negative string with a blank", '"- {}"'),
            ("a string in brackets, as accountants write", '"({})"'),
            ("a string with the sign behind", '"{}-"'),
        ],
    )


def spellings(amount: Decimal) -> Family[tuple[str, Decimal]]:
    """Other JSON texts for ``amount``, and for amounts that are easily written otherwise, each with its meaning.

    Understood and moved exactly, or refused without effect (MSG-12).
    """
    plain, ten = money.plain(amount), Decimal(10)
    zeros = plain + ("0" if "." in plain else ".0")
    many = plain + ("0" * 20 if "." in plain else "." + "0" * 20)
    sign, digits, exponent = amount.as_tuple()
    assert not sign
    assert isinstance(exponent, int)
    whole = "".join(map(str, digits))
    core = [(plain, amount), (f'"{plain}"', amount), (zeros, amount), (f'"{zeros}"', amount)]
    core += [("1e1", ten), ('"1e1"', ten)]
    others = [
        (f"{whole}e{exponent}", amount),
        (f"{whole}E{exponent}", amount),
        (f'"{whole}e{exponent}"', amount),
        (many, amount),
        (f'"{many}"', amount),
        ("1.0e+1", ten),
        ("0.1e2", ten),
        ("100e-1", ten),
        ('"1E+1"', ten),
        (f'"+{plain}"', amount),
        (f'"0{plain}"', amount),
        (f'"000{plain}"', amount),
        ('"10."', ten),
        (f"{plain}e0", amount),
    ]
    return family(
        [(text, (text, meant)) for text, meant in core], [(text, (text, meant)) for text, meant in others]
    )
