"""The judge: rules, target file, probes, oracles, scenarios, reports and the ``pitboss`` command."""
