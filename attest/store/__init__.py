"""What is kept in databases: the journal of signed transactions, the index of a registry."""
