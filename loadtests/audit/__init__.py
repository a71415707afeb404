"""The audit at the end of a load run: is every player's money right?

``locust_events`` ties it to Locust. On the workers a ``WorkerAudit`` closes the gate, drains, resolves what is open
(``open_transactions``), reads balances (``balance_readers``) and compares them with the ledger (``comparison``); its
``WorkerResult`` goes to the ``coordinator`` on the master (``worker_rpc``), which adds them up to one ``AuditVerdict``,
shown by ``text``, ``report`` and ``web_tab``.
"""
