"""Ids that something takes for one another, and ids that are hostile.

A pair differs by what columns, collations, parsers, hashes or caches of usual back-ends overlook. Contract
IDM-08 (also in ``rollback_transaction_id``), BET-06 (another spelling of a player's id), MSG-13 (hostile).
"""

from collections.abc import Callable
from random import Random

from scenarios.generated.families.family import Family, family

# Two ids that differ, made again from a source of chance, for a CLIENT remembers ids for good.
Pair = Callable[[Random], tuple[str, str]]

# Lengths at which columns and keys of usual back-ends end.
_COLUMNS = (32, 36, 40, 50, 64, 100, 128, 191)
_SAFE_INTEGER = 2**53
# Endings that no id of a customer has, and that a CLIENT which makes a number of ids does not see.
UNSEEN = (";x", ".0")
# Ids of so many characters are not in use with other letters.
_LONG = 12


def _stem(rng: Random) -> str:
    return f"{rng.getrandbits(64):016x}"


def _ending(one: str, other: str) -> Pair:
    """The same stem with two endings."""

    def pair(rng: Random) -> tuple[str, str]:
        stem = _stem(rng)
        return stem + one, stem + other

    return pair


def _beginning(one: str, other: str) -> Pair:
    """The same stem behind two beginnings."""

    def pair(rng: Random) -> tuple[str, str]:
        stem = _stem(rng)
        return one + stem, other + stem

    return pair


def _number(one: str, other: str) -> Pair:
    """The same number in two spellings, in which ``{}`` is the number."""

    def pair(rng: Random) -> tuple[str, str]:
        number = str(rng.randrange(10**8, 10**9))
        return one.format(number), other.format(number)

    return pair


def _apart(by: int, least: int) -> Pair:
    """Two whole numbers that are ``by`` apart."""

    def pair(rng: Random) -> tuple[str, str]:
        number = least + rng.randrange(2**30) * 2
        return str(number), str(number + by)

    return pair


def _cut(length: int) -> Pair:
    """Two ids that are alike in their first ``length`` characters."""

    def pair(rng: Random) -> tuple[str, str]:
        stem = _stem(rng).ljust(length, "x")
        return stem + "a", stem + "b"

    return pair


def _uuid(one: Callable[[str], str], other: Callable[[str], str]) -> Pair:
    def pair(rng: Random) -> tuple[str, str]:
        text = f"{rng.getrandbits(128):032x}"
        parts = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        return one(parts), other(parts)

    return pair


def _hostile_number(rng: Random) -> tuple[str, str]:
    """Two texts that languages with loose comparison read as zero times a power of ten."""
    return f"0e{rng.randrange(10**9, 10**10)}", f"0e{rng.randrange(10**9, 10**10)}1"


def pairs() -> Family[Pair]:
    """Pairs of different ids that some comparison or other takes for the same (IDM-08)."""
    return family(
        core=[
            ("letter case", _ending("-abc", "-ABC")),
            ("a blank at the end", _ending("-abc", "-abc ")),
            ("a combining accent", _ending("-abc", "-abc\u0301")),
            ("an accent composed and decomposed", _ending("-caf\u00e9", "-cafe\u0301")),
            ("alike in the first 36 characters", _cut(36)),
            ("a leading zero", _number("{}", "0{}")),
            (
                "UUIDs alike in the first 32 characters",
                _uuid(lambda text: text[:-1] + "0", lambda text: text[:-1] + "1"),
            ),
        ],
        others=[
            *(
                (f"alike in the first {length} characters", _cut(length))
                for length in _COLUMNS
                if length != 36
            ),
            ("a blank at the beginning", _beginning("", " ")),
            ("two blanks inside", _ending("-a b", "-a  b")),
            ("a tab and a blank", _ending("-a\tb", "-a b")),
            ("a no-break space", _ending("-a\u00a0b", "-a b")),
            ("a line feed at the end", _ending("-abc", "-abc\n")),
            ("an accent or none", _ending("-cafe", "-caf\u00e9")),
            ("sharp s", _ending("-stra\u00dfe", "-strasse")),
            ("dotless i", _ending("-\u0131d", "-id")),
            ("a ligature", _ending("-\ufb01n", "-fin")),
            ("full width", _ending("-\uff41bc", "-abc")),
            ("digits of another script", _ending("-\u0661", "-1")),
            ("a Cyrillic letter", _ending("-\u0430bc", "-abc")),
            ("a soft hyphen", _ending("-a\u00adbc", "-abc")),
            ("a zero-width joiner", _ending("-a\u200dbc", "-abc")),
            ("two emoji beyond the basic plane", _ending("-\U0001f3b0", "-\U0001f3b2")),
            ("NUL and what follows", _ending("-a\0b", "-a\0c")),
            ("a hyphen or none", _uuid(str, lambda text: text.replace("-", ""))),
            ("a UUID in braces", _uuid(str, lambda text: "{" + text + "}")),
            ("a UUID in capitals", _uuid(str, str.upper)),
            ("a plus sign", _number("{}", "+{}")),
            ("a fraction of zero", _number("{}", "{}.0")),
            ("an exponent of zero", _number("{}", "{}e0")),
            ("zero times a power of ten", _hostile_number),
            ("one apart beyond 53 bits", _apart(1, _SAFE_INTEGER * 4)),
            ("32 bits apart", _apart(2**32, 2**33)),
            ("64 bits apart", _apart(2**64, 2**65)),
            ("an escaped blank", _ending("-a%20b", "-a b")),
            ("a plus for a blank", _ending("-a+b", "-a b")),
            ("an HTML entity", _ending("-a&amp;b", "-a&b")),
            ("a backslash", _ending("-a\\b", "-ab")),
            ("a quote doubled", _ending("-a''b", "-a'b")),
            ("two slashes", _ending("-a//b", "-a/b")),
            ("a pattern of SQL", _ending("-aXb", "-a_b")),  # the second is what is looked for
            ("a pattern of files", _ending("-ab", "-a*")),
            ("the same String.hashCode of Java", _ending("-Aa", "-BB")),
            # Whatever stands before these endings, both texts have the same checksum.
            ("the same CRC-32", _ending("-2yh2t324", "-mt8fjw9y")),
        ],
    )


def other_spellings(player: str) -> Family[str]:
    """Other spellings of a test player's id, which are unknown players (BET-06: ids are compared exactly)."""
    core = [("a blank at the end", player + " "), ("a semicolon and more", player + UNSEEN[0])]
    others = [
        ("a blank at the beginning", " " + player),
        ("a line feed at the end", player + "\n"),
        ("a no-break space at the end", player + "\u00a0"),
        ("a NUL and a suffix", player + "\0x"),
        ("a combining accent", player + "\u0301"),
        ("a zero-width space", player + "\u200b"),
        ("an accent on a letter", _accented(player)),
        ("full width", "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in player)),
        ("a fraction of zero", player + UNSEEN[1]),
        ("an exponent of zero", player + "e0"),
        ("a plus sign", "+" + player),
        ("a comma and more", player + ",x"),
        ("a slash at the end", player + "/"),
        ("an escaped first letter", f"%{ord(player[0]):02X}{player[1:]}"),
        ("a suffix that makes it long", player + "x" * 300),
    ]
    if player.swapcase() != player and not perhaps_anothers(player):
        core.append(("another letter case", player.swapcase()))
    return family(core, [(name, text) for name, text in others if text != player])


def perhaps_anothers(player: str) -> bool:
    """Whether a test player's id is so short that in other letters it could be another customer's."""
    return len(player) < _LONG and player.swapcase() != player


def _accented(player: str) -> str:
    for plain, accented in (("a", "\u00e1"), ("e", "\u00e9"), ("p", "\u1e57"), ("1", "\u00b9")):
        if plain in player:
            return player.replace(plain, accented, 1)
    return player + "\u00e9"


# True of the id before it alone, since what is always true would move everybody's money.
_SQL = (
    ("SQL that is true of that id", "' AND '1'='1"),
    ("SQL after a semicolon", "'; SELECT 1; --"),
    ("SQL in double quotes", '" AND ""="'),
)


def sql() -> Family[str]:
    """Endings that make an id a piece of SQL which is true of the id before them (MSG-13)."""
    return family(core=_SQL)


def hostile() -> Family[str]:
    """Endings of ids that are harmless as long as nobody executes, prints or cuts them (MSG-13)."""
    return family(
        core=[
            *_SQL,
            ("NUL", "\0"),
            ("quotes", "'\"`\\"),
            ("10 kB", "x" * 10_000),
            ("emoji", "\N{SLOT MACHINE}\N{FAMILY}"),
            ("right-to-left marks", "\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT MARK}"),
        ],
        others=[
            ("a comment of SQL", "'/*"),
            ("a pattern of SQL", "%_%"),
            ("a path upwards", "/../../etc/hosts"),
            ("a template", "{{7*7}}${7*7}<%= 7*7 %>"),
            ("a format", "%s%n%x{0}"),
            ("HTML", "<img src=x onerror=alert(1)>"),
            ("line feeds", "\r\nX-Header: 1"),
            ("a shell's words", "$(id);`id`|id"),
            ("an operator of a document store", '{"$ne":null}'),
            ("control characters", "\x01\x02\x7f\x1b[31m"),
            ("a lone surrogate", "\ud800"),
            ("a character that is none", "\ufffe"),
            ("combining marks", "e" + "\u0301" * 200),
            ("300 characters", "x" * 300),
        ],
    )
