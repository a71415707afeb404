"""What any wallet provider asks of a CLIENT (transactions), apart from how it is said (dialects). Pure."""
