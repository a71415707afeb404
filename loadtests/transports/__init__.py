"""Ways to carry load traffic to the CLIENT."""
