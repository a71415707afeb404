"""Faults as small named values: what goes wrong between a provider and the CLIENT, and how it ends.

``wire`` are the faults of one send, ``ordering`` those of a group of sends; ``table`` names all of them and reads
them from text. What they act on is in ``simulators.transport.delivery``.
"""
