"""Families of cases: what a rule means by *any*, as data that rules share."""
