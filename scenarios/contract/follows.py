"""Which rules are broken by the same act as another: what there is to fix is named by the first of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_COPIES: Final = ("IDM-02", "IDM-03", "IDM-04", "IDM-05", "IDM-06", "IDM-07", "IDM-09", "IDM-10", "IDM-11")

# A CLIENT that breaks the first breaks, by that alone, those after it; whoever comes earlier leads.
FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "MSG-01": ("MSG-06",),
        "MSG-02": ("MSG-03", "MSG-04"),
        "BET-01": ("BET-02", "BET-03", "BET-04", "BET-10", "BET-11", "BET-12", "BET-13", "OUT-08"),
        "RES-01": (
            "RES-02",
            "RES-03",
            "RES-04",
            "RES-05",
            "RES-06",
            "BET-04",
            "BET-10",
            "BET-12",
            "BET-13",
            "RBK-13",
            "OUT-08",
        ),
        "RBK-01": ("RBK-02", "RBK-07", "RBK-09", "RBK-12", "RBK-14", "RES-06"),
        "RBK-02": ("RBK-03", "RBK-07", "RBK-09", "RES-06"),
        "SIG-01": ("SIG-04", "SIG-05", "SIG-07"),
        "SIG-02": ("SIG-03", "SIG-08"),
        "SIG-03": ("SIG-08",),
        "RES-03": ("RES-05", "RES-06", "RBK-13"),
        "RES-05": ("RES-03", "RES-04", "RES-06", "RBK-13"),
        "BET-03": ("BET-04", "BET-10", "INV-02", "INV-04"),
        "IDM-01": (*_COPIES, "BET-05", "RBK-05", "RBK-12", "RBK-14"),
        "IDM-02": ("IDM-03", "IDM-11", "RBK-12", "RBK-14"),
        "IDM-03": ("IDM-11",),
        "IDM-04": ("IDM-10", "IDM-11", "BET-05", "RBK-06", "RBK-12", "RBK-14"),
        "IDM-08": ("MSG-13",),
        "RBK-04": ("RBK-05", "RBK-06", "RBK-07", "RBK-08", "RBK-10", "RBK-11", "RBK-12", "RBK-14"),
        "RBK-07": ("RBK-12", "RBK-14"),
        "RBK-10": ("INV-03",),
        "BET-04": ("RBK-12", "INV-02", "INV-04"),
        "BET-10": ("BET-12",),
        "INV-01": ("INV-02", "INV-04", "INV-05"),
        "INV-03": ("INV-04", "RBK-12", "RBK-14"),
        "EVT-01": ("EVT-10",),
        "EVT-02": ("EVT-03", "EVT-04", "EVT-05", "VCH-01", "VCH-02", "VCH-03", "VCH-10"),
        "EVT-09": ("EVT-08",),
        "CAT-01": ("CAT-03", "CAT-06", "CAT-07"),
        "CAT-03": ("CAT-06",),
        "VCH-01": ("VCH-10",),
        "VCH-02": ("VCH-10",),
        "VCH-03": ("VCH-10",),
        "VCH-04": ("VCH-05",),
        "VCH-08": ("VCH-10",),
        "VTK-06": ("VTK-02", "VTK-04"),
        "VTK-08": ("VCH-08", "VCH-10"),
        "VCH-09": ("VCH-10",),
        "OUT-03": ("OUT-08",),
        "CHK-05": ("CHK-06",),
    }
)
# What plain wagers move is in every balance: where they move another amount than they say, any balance is wrong.
IN_EVERY_BALANCE: Final = ("BET-01", "RES-01", "RBK-01", "RBK-02")
