"""The sub-commands of ``pitboss``, one file each."""
