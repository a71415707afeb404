"""The widget and the hosted page of the checkout."""
