"""The county project library: its stages, notices, plans, works and photographs. Pure: no file, no store, no frame of ours."""
