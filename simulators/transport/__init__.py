"""Ways to carry a request to the CLIENT: pooled, raw, racing, and with faults."""
