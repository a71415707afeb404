"""Generated histories: steps as data, the stage that plays them, the machine that invents them."""
