"""The fake checkout: product widget, GraphQL API, hosted page, decisions (``product-widget.txt``)."""
