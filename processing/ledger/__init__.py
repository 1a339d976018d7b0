"""The asset ledger as rules: who may do what with an asset or a ledger, in what order, after how many days. Pure, no file.

`moves` lists the steps, `checking` says what is possible and why not, `standing` reads the events, `replaying` names the rules
that a history breaks, `publishing` has the course of a ledger, `clock` what is owed, `partitions` and `comparing` the sums.
"""
