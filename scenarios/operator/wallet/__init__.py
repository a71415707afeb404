"""Scenarios about money: bets, results, rollbacks, copies, races, generated histories."""
