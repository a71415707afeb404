"""What every test of the project shares."""

import hypothesis

pytest_plugins = ["tests.no_skips", "tests.postgres"]

# A deadline would test the machine: examples take as long as whatever else runs lets them.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")
