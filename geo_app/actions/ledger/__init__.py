"""What people do with assets and ledgers: steps by the rules of `processing.ledger`, each one change with its event."""
