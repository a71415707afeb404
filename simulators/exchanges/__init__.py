"""What passed between a provider and the CLIENT, and how it is shown without its secrets."""
