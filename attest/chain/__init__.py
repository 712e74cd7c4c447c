"""Chains: nodes to ask, named networks, the embedded chain, keys."""
