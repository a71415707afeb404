"""Diagrams and plots of exchanges."""
