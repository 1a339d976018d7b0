"""Files from a bureau, and files for a bureau: read in a locked-down process, checked, repaired, written.

archive → sandbox → reading → recipe/feeding → checking → repairing → (the store, not here) · writing
"""
