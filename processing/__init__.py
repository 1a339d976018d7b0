"""What follows from what we hold: pure computation on frames. There is no I/O in this folder: no file, no database, no web."""
