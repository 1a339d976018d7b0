"""What other tools talk to: OGC API – Features and vector tiles."""
