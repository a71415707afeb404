"""The judge: rules, target file, probes, oracles, scenarios, reports and the ``pitboss`` command."""

# The name of the judge among the plugins of a pytest session.
ENGINE = "pitboss-engine"
