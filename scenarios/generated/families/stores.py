"""Properties of stores that are easily kept wrong. Contract CAT-01, CAT-03.

What columns, templates and parsers of usual back-ends do to values: cut, join, round, escape, strip, take for nothing.
"""

from decimal import Decimal
from typing import Any

from scenarios.generated.families.family import Family, family
from simulators.jackpot.catalogue.stores import PICTURES

_HOST = "https://pictures.example"
_TEXTS = (
    "Bon d'achat « Noël » & Cie, 50 € l'unité",
    '<p>1 < 2 &amp; 3 > 2, "cité" <b>gras</b></p>\n',
    "\U0001f381 cadeau \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "première ligne\r\nseconde ligne\tet une tabulation",
    "0042",
    "null",
    "Conditions. " * 400,
    "50 % de %s, {0}, ${name}, {{7*7}}, \\u00e9, C:\\bon",
)
_ADDRESSES = (
    f"{_HOST}/{'long/' * 80}logo.png",
    f"{_HOST}/logo.png?w=64&h=64&crop=a%2Fb%20c#top",
    f"{_HOST}:8443/%C3%A9t%C3%A9.svg",
)
_RANGES = [
    {
        "voucherValueMin": Decimal(low),
        "voucherValueMax": Decimal(f"{low + 9}.99"),
        "discountRate": Decimal(low) / 8,
    }
    for low in range(10, 410, 10)
]
_ODD: dict[str, tuple[Any, ...]] = {
    "description": _TEXTS,
    "mentions": (*_TEXTS[3:], *_TEXTS[:3]),
    "shippingInfos": (*_TEXTS[5:], "", *_TEXTS[:5]),
    "name": tuple(text.strip() for text in (*_TEXTS[1:6], *_TEXTS[7:], _TEXTS[0])),
    "shippingTime": ("0", "1.5", "007", ""),
    "baseColor": ("#000000", "#FFFFFF", "#0e1234"),
    "categories": (
        ["Jeux, livres", 'Le "reste"'],
        [],
        ["Mode|Sport; Été/Hiver", "Vins, thés"],
        [f"{number},5" for number in range(40)],
    ),
    "voucherValueMin": (Decimal("0.01"), Decimal("12.34"), Decimal("9.5")),
    "voucherValueMax": (Decimal(1_000_000), Decimal("410.07"), Decimal("999.99")),
    "discounts": (_RANGES[:1], _RANGES, [], [_RANGES[3] | {"discountRate": Decimal("-36.37")}]),
    "validityDate": ("2099-12-31T23:59:59.999Z", "2032-02-29T00:00:00.000Z"),
    **dict.fromkeys(PICTURES, _ADDRESSES),
}


def odd() -> Family[dict[str, Any]]:
    """All properties of a store but its id, slug and kind of values, each time every one with another odd value."""
    turns = max(map(len, _ODD.values()))
    return family(
        core=[],
        others=[
            (
                f"odd values {turn + 1}",
                {
                    name: values[(turn + place) % len(values)]
                    for place, (name, values) in enumerate(_ODD.items())
                },
            )
            for turn in range(turns)
        ],
    )


def changed(properties: dict[str, Any]) -> dict[str, Any]:
    """``properties`` of a store with another plain value for each but its id and kind of values."""
    plain = {
        "slug": f"{properties['slug']}-neuve",
        "name": "Enseigne nouvelle",
        "description": "<p>Nouvelle description</p>\n",
        "mentions": "<p>Nouvelles mentions</p>\n",
        "shippingTime": "72",
        "shippingInfos": "Envoi sous 72 h",
        "baseColor": "#a1b2c3",
        "categories": ["Nouveautés", "Voyage"],
        "voucherValueMin": 15,
        "voucherValueMax": 100,
        "discounts": [{"voucherValueMin": 15, "voucherValueMax": 100, "discountRate": Decimal("6.5")}],
        "validityDate": "2031-03-04T05:06:07.000Z",
        **{picture: f"{_HOST}/{picture}.png" for picture in PICTURES},
    }
    return properties | plain
