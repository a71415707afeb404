"""What a run is to do, how much of it at once, and how long that takes."""
