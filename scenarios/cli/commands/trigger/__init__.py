"""``pitboss trigger``: raise one event by hand, with faults if wanted, and see what the CLIENT answers."""
