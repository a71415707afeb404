"""Everything that is claimed to be fast, beside what it is compared to."""
