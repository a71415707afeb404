"""The back-office in English and in French; the names of ``voucher-webhook.txt`` are those of its French pages.

Names of stores, states of vouchers, documented properties, and refusals are as they are.
"""

from typing import Final

from flask import request

from simulators.server.languages import Language, spoken

_FR: Final = {
    "Skip to the content": "Aller au contenu",
    "back-office, simulated": "back-office, simulé",
    "My platform": "Ma plateforme",
    "Informations": "Informations",
    "Platform configuration": "Configuration Plateforme",
    "Webhook": "Webhook",
    "Vouchers": "Bons d'achat",
    "Stores": "Enseignes",
    "Deliveries": "Envois",
    "Widget": "Widget",
    # Informations > Configuration Plateforme
    "Saved.": "Enregistré.",
    "Notification URL (https)": "URL de notification (https)",
    "Webhooks are posted here; HTTP 200 acknowledges. Empty: none is sent.": (
        "Les webhooks y sont envoyés ; HTTP 200 en accuse réception. Vide : aucun envoi."
    ),
    "This address is plain http, which is taken here only: the real Jackpot refuses it. Give it an https address.": (
        "Cette adresse est en http, acceptée ici seulement : le vrai Jackpot la refuse. Donnez-lui une adresse https."
    ),
    "Confirmation of reservations": "Confirmation des réservations",
    "manual": "manuelle",
    "automatic": "automatique",
    "the CLIENT confirms each one (or you do, under Vouchers)": (
        "le CLIENT confirme chacune (ou vous-même, sous Bons d'achat)"
    ),
    "each one is confirmed at once": "chacune est confirmée aussitôt",
    "Save": "Enregistrer",
    "Security and API keys": "Sécurité et clés d'API",
    "the apikey": "l'apikey",
    "hidden": "masqué",
    "reads the catalogue": "lit le catalogue",
    "signs the JWT of each session": "signe le JWT de chaque session",
    "opens tokens for the CLIENT's server": "ouvre des jetons pour le serveur du CLIENT",
    "default email": "e-mail par défaut",
    "Show apiSignature": "Afficher apiSignature",
    "Hide it again": "La masquer à nouveau",
    "Whoever has it can mint sessions: it belongs on your server, and nowhere else.": (
        "Qui la possède peut ouvrir des sessions : sa place est sur votre serveur, et nulle part ailleurs."
    ),
    "Their values are those that this server was started with: [jackpot] of the target file, or the demo's.": (
        "Leurs valeurs sont celles données au démarrage : [jackpot] du fichier cible, ou celles de la démo."
    ),
    "Documentation of the API": "Documentation de l'API",
    # Informations > Webhook
    "The store stays as it is; the CLIENT is notified of it. store/update carries its last change.": (
        "L'enseigne reste telle quelle ; le CLIENT en est notifié. store/update relate sa dernière modification."
    ),
    "Store": "Enseigne",
    "Event": "Événement",
    "Send a test webhook": "Envoyer un webhook de test",
    # Bons d'achat
    "Worth": "Valeur",
    "Price": "Prix",
    "Reserved": "Réservé",
    "To be confirmed by": "À confirmer avant",
    "manually": "manuellement",
    "automatically": "automatiquement",
    "Open the PDF": "Ouvrir le PDF",
    "Expire its signed URLs": "Faire expirer ses URL signées",
    "None yet: a player reserves one with the widget.": "Aucun : un joueur en réserve un avec le widget.",
    "Try it": "L'essayer",
    "Confirm": "Confirmer",
    "Cancel": "Annuler",
    "Let it expire": "Laisser expirer",
    "Make ready": "Rendre disponible",
    "Ask for a refund": "Demander un remboursement",
    "Accept the refund": "Accepter le remboursement",
    "Reject the refund": "Refuser le remboursement",
    # Enseignes
    "Choose a store to change it, to withdraw it or to send a test webhook.": (
        "Choisissez une enseigne pour la modifier, la retirer ou envoyer un webhook de test."
    ),
    "New store": "Nouvelle enseigne",
    "All stores": "Toutes les enseignes",
    "enabled": "active",
    "disabled": "inactive",
    "In the catalogue": "Au catalogue",
    "Disable this store": "Désactiver cette enseigne",
    "Enable this store": "Activer cette enseigne",
    "Remove it for good": "La retirer définitivement",
    "A store that is enabled sends store/enabled; one that is disabled or removed, store/disabled.": (
        "Une enseigne activée envoie store/enabled ; désactivée ou retirée, store/disabled."
    ),
    "Save and send store/update": "Enregistrer et envoyer store/update",
    "Add and send store/enabled": "Ajouter et envoyer store/enabled",
    "Name and look": "Nom et apparence",
    "Name": "Nom",
    "Slug": "Slug",
    "Empty: made of the name.": "Vide : tiré du nom.",
    "Color": "Couleur",
    "Categories": "Catégories",
    "Separated by commas.": "Séparées par des virgules.",
    "Values": "Valeurs",
    "Kind of values": "Type de valeurs",
    "Single values": "Valeurs fixes",
    "Any value in the range": "Toute valeur de l'intervalle",
    "Single values, in EUR": "Valeurs fixes, en EUR",
    "Separated by commas, such as 20, 30, 50; only where values are single.": (
        "Séparées par des virgules, comme 20, 30, 50 ; seulement pour des valeurs fixes."
    ),
    "Lowest value, in EUR": "Valeur minimale, en EUR",
    "Highest value, in EUR": "Valeur maximale, en EUR",
    "Discounts": "Remises",
    "Ranges of values and their rates in percent; the first that holds a value governs it. Below zero, it is sold "
    "above its value. Empty rows are none.": (
        "Des intervalles de valeurs et leurs taux en pour cent ; le premier qui contient une valeur la régit. Sous "
        "zéro, elle se vend au-dessus de sa valeur. Une ligne vide ne compte pas."
    ),
    "Discount": "Remise",
    "From, EUR": "De, EUR",
    "To, EUR": "À, EUR",
    "Rate, %": "Taux, %",
    "Conditions": "Conditions",
    "Delivery time": "Délai d'envoi",
    "Delivery": "Envoi",
    "Vouchers are valid until": "Bons valables jusqu'au",
    "A day with a time and Z, for UTC.": "Un jour avec l'heure et Z, pour UTC.",
    "Terms, as HTML": "Mentions, en HTML",
    "Description, as HTML": "Description, en HTML",
    "Logos and images": "Logos et images",
    "An address, or empty: drawn here from name and color.": (
        "Une adresse, ou vide : dessinée ici d'après le nom et la couleur."
    ),
    "Logo": "Logo",
    "Image": "Image",
    # Envois
    "The newest": "Les plus récents",
    "of": "sur",
    "attempt": "tentative",
    "attempts": "tentatives",
    "Nothing was sent yet.": "Rien n'a encore été envoyé.",
    "All deliveries": "Tous les envois",
    "acknowledged": "accusé",
    "waiting": "en attente",
    "given up": "abandonné",
    "no notification URL": "pas d'URL de notification",
    "Not acknowledged so far; it is sent again by itself.": "Pas encore accusé ; renvoyé automatiquement.",
    "Look again": "Actualiser",
    "Sent by hand: it does not say what is.": "Envoyé à la main : ne dit pas l'état réel.",
    "Send again": "Renvoyer",
    "Attempts": "Tentatives",
    "Attempt": "Tentative",
    "no answer": "sans réponse",
    "Answer": "Réponse",
    "None.": "Aucune.",
    "Payload": "Contenu",
    # Widget
    "Try the widget": "Essayer le widget",
    "As on a CLIENT's page, but Jackpot mints the JWT itself: no CLIENT knows of this session, so its webhooks are for "
    "a voucher that is not the CLIENT's.": (
        "Comme sur la page d'un CLIENT, mais Jackpot crée le JWT lui-même : aucun CLIENT ne connaît cette session, et "
        "ses webhooks concernent un bon qui n'est pas le sien."
    ),
    "Amount to convert, in EUR": "Montant à convertir, en EUR",
    "Open a session": "Ouvrir une session",
    "What the callback got": "Ce que le callback a reçu",
    "nothing yet": "rien encore",
}
LANGUAGES: Final = spoken({"fr": _FR})
# What a visitor chose, as a parameter of a page and as the cookie that keeps it.
CHOSEN: Final = "lang"


def language() -> Language:
    """The language of the page that is asked for: the one that was chosen, else the browser's, else English."""
    chosen = request.args.get(CHOSEN) or request.cookies.get(CHOSEN)
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    return LANGUAGES[request.accept_languages.best_match(LANGUAGES) or "en"]
