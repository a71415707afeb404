"""The OPERATOR of ``pitboss serve`` plays by itself, by the script that players follow under load."""
