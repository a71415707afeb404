"""The console of ``pitboss serve``: a page to watch and steer the fake providers from, and to start checks."""
