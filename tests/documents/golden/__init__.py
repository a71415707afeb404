"""The examples of the documents: what each side writes of them, and what the other reads."""
