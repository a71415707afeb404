"""What every test of the project shares."""

pytest_plugins = ["tests.no_skips", "tests.postgres"]
