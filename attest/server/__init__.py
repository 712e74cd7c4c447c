"""`attest serve`: the verification page, the API over one registry, and a read-only JSON-RPC gateway to its chain."""
