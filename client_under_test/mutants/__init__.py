"""CLIENTs that are the reference with one realistic fault each, and the rules that must catch them."""

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL

__all__ = ["ALL", "Mutant"]
