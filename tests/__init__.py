"""The tests of the project, first of all of the checks themselves."""
