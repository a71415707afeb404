"""How files that users write in TOML are read, and their faults reported."""
