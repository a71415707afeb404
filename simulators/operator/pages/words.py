"""The player's page in the languages of ``sportsbook.txt`` (*Terms and concepts*): en, es, fr. Plain tables.

What is looked up is the English text. Numbers, money and dates are written as the language writes them; names of teams,
leagues and players, and what the CLIENT answers, are as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from simulators.values import money

_ES: Final = {
    "Sportsbook": "Apuestas deportivas",
    "Player": "Jugador",
    "language": "idioma",
    "Simulated: every button sends real callbacks to the CLIENT.": (
        "Simulado: cada botón envía callbacks reales al CLIENT."
    ),
    "Events": "Eventos",
    "Events and odds": "Eventos y cuotas",
    "Bet slip": "Boleto",
    "My bets": "Mis apuestas",
    "One outcome is a single bet; outcomes of several events make an accumulator, which wins when all of them do.": (
        "Un resultado es una apuesta simple; los de varios eventos forman una combinada, que gana si ganan todos."
    ),
    "Stake in": "Importe en",
    "Place the bet": "Apostar",
    "Bet of": "Apuesta de",
    "stake": "importe",
    "paid": "pagado",
    "accumulator of": "combinada de",
    "Settle": "Liquidar",
    "Look": "Ver",
    "void": "nula",
    "Part to cash out, %": "Parte que se retira, %",
    "Duplicate:": "Duplicar:",
    "Send the bet again": "Enviar la apuesta otra vez",
    "Send again the result of": "Enviar otra vez el resultado de",
    "bet": "apuesta",
    "result": "resultado",
    "rollback": "anulación",
    "None yet.": "Ninguna todavía.",
    "Sent and answered": "Enviado y respondido",
    "Without an answer so far, to be sent again:": "Sin respuesta hasta ahora, se enviará otra vez:",
    "Never answered and given up:": "Sin respuesta, abandonado:",
    "Nothing yet.": "Nada todavía.",
    "Choose an outcome.": "Elija un resultado.",
    "Odds": "Cuota",
    "pays": "paga",
    "Take off the slip:": "Quitar del boleto:",
    "Football": "Fútbol",
    "Basketball": "Baloncesto",
    "Ice hockey": "Hockey sobre hielo",
    "Tennis": "Tenis",
    "Winner": "Ganador",
    "Draw": "Empate",
    "Over": "Más de",
    "Under": "Menos de",
    "Total 2.5 goals": "Total 2,5 goles",
    "Total 164.5 points": "Total 164,5 puntos",
    "Total 5.5 goals": "Total 5,5 goles",
    "Total 22.5 games": "Total 22,5 juegos",
    "placed": "enviada",
    "accepted": "aceptada",
    "refused": "rechazada",
    "unanswered": "sin respuesta",
    "partly cashed out": "retirada en parte",
    "cashed out": "retirada",
    "won": "ganada",
    "lost": "perdida",
    "cash out a part": "retirar una parte",
    "cash out": "retirar",
    "win": "ganar",
    "lose": "perder",
    "correct to won": "corregir a ganada",
    "correct to lost": "corregir a perdida",
}
_FR: Final = {
    "Sportsbook": "Paris sportifs",
    "Player": "Joueur",
    "language": "langue",
    "Simulated: every button sends real callbacks to the CLIENT.": (
        "Simulé : chaque bouton envoie de vrais callbacks au CLIENT."
    ),
    "Events": "Événements",
    "Events and odds": "Événements et cotes",
    "Bet slip": "Panier",
    "My bets": "Mes paris",
    "One outcome is a single bet; outcomes of several events make an accumulator, which wins when all of them do.": (
        "Une issue est un pari simple ; des issues de plusieurs événements font un combiné, gagné si toutes le sont."
    ),
    "Stake in": "Mise en",
    "Place the bet": "Parier",
    "Bet of": "Pari de",
    "stake": "mise",
    "paid": "payé",
    "accumulator of": "combiné de",
    "Settle": "Régler",
    "Look": "Voir",
    "void": "nul",
    "Part to cash out, %": "Part à encaisser, %",
    "Duplicate:": "Dupliquer :",
    "Send the bet again": "Renvoyer le pari",
    "Send again the result of": "Renvoyer le résultat de",
    "bet": "pari",
    "result": "résultat",
    "rollback": "annulation",
    "None yet.": "Aucun pour l'instant.",
    "Sent and answered": "Envoyé et répondu",
    "Without an answer so far, to be sent again:": "Sans réponse jusqu'ici, sera renvoyé :",
    "Never answered and given up:": "Sans réponse, abandonné :",
    "Nothing yet.": "Rien pour l'instant.",
    "Choose an outcome.": "Choisissez une issue.",
    "Odds": "Cote",
    "pays": "rapporte",
    "Take off the slip:": "Retirer du panier :",
    "Football": "Football",
    "Basketball": "Basket-ball",
    "Ice hockey": "Hockey sur glace",
    "Tennis": "Tennis",
    "Winner": "Vainqueur",
    "Draw": "Match nul",
    "Over": "Plus de",
    "Under": "Moins de",
    "Total 2.5 goals": "Total 2,5 buts",
    "Total 164.5 points": "Total 164,5 points",
    "Total 5.5 goals": "Total 5,5 buts",
    "Total 22.5 games": "Total 22,5 jeux",
    "placed": "envoyé",
    "accepted": "accepté",
    "refused": "refusé",
    "unanswered": "sans réponse",
    "partly cashed out": "encaissé en partie",
    "cashed out": "encaissé",
    "won": "gagné",
    "lost": "perdu",
    "cash out a part": "encaisser une part",
    "cash out": "encaisser",
    "win": "gagner",
    "lose": "perdre",
    "correct to won": "corriger en gagné",
    "correct to lost": "corriger en perdu",
}
_DAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_ES: Final = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_MONTHS_ES: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_DAYS_FR: Final = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS_FR: Final = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)


@dataclass(frozen=True)
class Language:
    """A language of the page; ``point`` stands before the decimals."""

    code: str
    words: Mapping[str, str]
    point: str
    days: tuple[str, ...]
    months: tuple[str, ...]

    def word(self, english: str) -> str:
        """Return a text of the page; what is in no table (names of teams) is as it is."""
        return self.words.get(english, english)

    def number(self, number: Decimal | str) -> str:
        """Write a decimal number."""
        return str(number).replace(".", self.point)

    def money(self, amount: Decimal, currency: str) -> str:
        """Write an amount with its currency, also one that no table knows."""
        try:
            return self.number(money.show(amount, currency))
        except money.UnknownCurrency:
            return f"{self.number(money.plain(amount))} {currency}"

    def moment(self, moment: datetime) -> str:
        """Write day, month and time."""
        day, month = self.days[moment.weekday()], self.months[moment.month - 1]
        return f"{day} {moment:%d} {month} {moment:%H:%M}"

    def read(self, number: str) -> Decimal:
        """Read a decimal number that a player wrote, with a point or as the language does; raises ValueError."""
        return money.parse(number.strip().replace(self.point, "."))


LANGUAGES: Final = {
    each.code: each
    for each in (
        Language("en", {}, ".", _DAYS_EN, _MONTHS_EN),
        Language("es", _ES, ",", _DAYS_ES, _MONTHS_ES),
        Language("fr", _FR, ",", _DAYS_FR, _MONTHS_FR),
    )
}


def language(code: str | None) -> Language:
    """Return the language of a session; English where none, or another, was asked for."""
    return LANGUAGES.get((code or "en")[:2].lower(), LANGUAGES["en"])
