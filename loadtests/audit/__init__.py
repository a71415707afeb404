"""The audit at the end of a load run: is every player's money right?

``hooks`` ties it to Locust's events. On the workers a ``Clerk`` closes the gate, drains, resolves what is open, reads
balances (``tellers``) and compares them with the ledger; it hands a ``Statement`` to the ``Chief`` on the master, who
adds them up to one ``Verdict`` (``verdict``), which ``showing`` and ``tab`` tell to people and programs.
"""
