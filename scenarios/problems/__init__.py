"""What goes wrong for the user of the judge, and how it is said."""
