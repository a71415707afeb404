"""A voucher as a PDF, and the stores' pictures, drawn here so that none comes from another host."""

from html import escape

from simulators.jackpot import wire
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue.stores import PICTURES
from simulators.jackpot.world import Voucher
from simulators.values import money

_INK = 40
# How many letters of a name fit on a picture.
_LETTERS = 24
# In millimetres.
_A5 = (148, 210)


def pdf(voucher: Voucher) -> bytes:
    """Return the voucher as a PDF of one page: store, value, human friendly id, last day of validity."""
    # Loading it takes longer than all the rest, and few runs open a PDF.
    from fpdf import FPDF

    page = FPDF(format=_A5, orientation="landscape")
    page.core_fonts_encoding = "windows-1252"
    page.set_creation_date(voucher.send_date or voucher.reservation_date)
    page.set_title(f"Voucher {voucher.coupon_id}")
    page.set_creator("pitboss")
    page.set_author("Jackpot")
    page.set_lang("en")
    page.add_page()
    page.set_text_color(_INK)
    for size, text in (
        (26, voucher.store_name),
        (40, money.show(voucher.value, pricing.CURRENCY)),
        (20, voucher.coupon_id),
        (12, f"Valid until {voucher.validity_date.isoformat()}"),
        (9, f"Voucher {voucher.id}"),
    ):
        page.set_font("Helvetica", size=size)
        page.multi_cell(0, size * 0.6, _printable(text), align="C", new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _printable(text: str) -> str:
    return text.encode("windows-1252", "replace").decode("windows-1252")


def picture(store: wire.Store, name: str) -> str:
    """Return the picture ``name`` of ``store`` as SVG; raises KeyError where it has none of this name."""
    width, height = PICTURES[name]
    letters = store.name[:_LETTERS] if width > height else store.name[:1].upper()
    size = min(height // 2, 3 * width // (2 * len(letters) + 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">'
        f'<rect width="100%" height="100%" fill="{escape(store.base_color)}"/>'
        f'<text x="50%" y="50%" fill="#fff" stroke="#000" stroke-width="{max(size // 12, 1)}" '
        'paint-order="stroke" dominant-baseline="central" text-anchor="middle" font-family="sans-serif" '
        f'font-size="{size}">{escape(letters)}</text></svg>'
    )
