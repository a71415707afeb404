"""Run with ``python -m client_under_test``."""

from client_under_test.cli import client

if __name__ == "__main__":
    client(prog_name="python -m client_under_test")
