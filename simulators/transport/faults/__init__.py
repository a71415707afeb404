"""Faults as small named values: what goes wrong between a provider and the CLIENT, and how it heals.

``parcel`` is what they share and how one parcel is sent; ``onwire`` are the faults of one send, ``inorder``
those of a group of sends; ``naming`` is the table of all of them and reads them from text.
"""
