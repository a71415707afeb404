"""Values that every provider writes and reads: money, exact decimals, lifecycle tables, signed tokens."""
