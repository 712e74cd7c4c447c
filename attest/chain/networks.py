"""Named networks: open their nodes, and make sure that they serve the chain they are configured for."""

from pathlib import Path

from attest.chain import node
from attest.chain.node import Node
from attest.errors import WrongChainError
from attest.settings import Network

CHAIN_FILE = "chain.sqlite"


def open_node(network: Network, home: Path) -> Node:
    """The network's node, or its nodes as one; nothing is sent or read yet.

    Args:
        home: Folder that holds the embedded chain's file.
    """
    if network.local:
        from attest.chain.embedded import EmbeddedChain

        return EmbeddedChain(home / CHAIN_FILE)
    from attest.chain.rpc import HttpNode

    nodes = [HttpNode(url) for url in network.rpc]
    if len(nodes) == 1:
        return nodes[0]
    from attest.chain.quorum import Quorum

    return Quorum(nodes, network.needed)


async def check_chain(asked: Node, name: str, network: Network) -> tuple[int, str]:
    """Chain id and genesis hash of a node that serves the chain configured as `name`.

    Raises:
        WrongChainError: it serves another one.
        ChainError: it gave no usable answer.
    """
    chain_id = await node.chain_id(asked)
    if network.chain_id is not None and chain_id != network.chain_id:
        raise WrongChainError("CH110", network=name, expected=network.chain_id, found=chain_id)
    genesis = (await node.block(asked, 0)).hash
    if network.genesis is not None and genesis != network.genesis:
        raise WrongChainError("CH111", network=name, expected=network.genesis, found=genesis)
    return chain_id, genesis
