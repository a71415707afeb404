"""Other wallet providers' words: dialect files, classes of dialects, and what is agreed on in them."""
