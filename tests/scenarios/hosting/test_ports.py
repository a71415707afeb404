"""Ports that are asked for together are different ones."""

from scenarios.hosting import ports


def test_no_port_is_handed_out_twice_in_a_row(monkeypatch):
    monkeypatch.setattr(ports, "_PORTS", range(15_000, 15_012))
    handed_out = [ports.free_port() for _ in range(8)]
    assert len(set(handed_out)) == 8
