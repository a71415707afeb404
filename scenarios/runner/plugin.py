"""Empty: installations made before pitboss_pytest look for a plugin here. Goes when they are installed anew."""
