"""Conversions of balance into vouchers."""
