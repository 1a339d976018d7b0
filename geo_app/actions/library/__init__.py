"""The project library: drafts, moves, plans, progress and exchange."""
