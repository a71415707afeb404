"""The sportsbook OPERATOR: wire, world, delivery, api (``sportsbook.txt``)."""
