"""The reference CLIENT and its mutants. They share no code with the simulators, so they share no bugs."""
