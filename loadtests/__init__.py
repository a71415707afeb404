"""Benchmarks, and the traffic that is sent in volume."""
