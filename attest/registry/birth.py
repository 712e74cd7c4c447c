"""Whether a registry came into being in the block that it names as its deployment's."""

from attest.chain import node
from attest.chain.node import Block, Node
from attest.errors import RpcRefusedError, WrongChainError
from attest.registry import contract


async def saw_birth(asked: Node, address: str, deployed_at: int, at: Block) -> bool:
    """True if the code appeared in block `deployed_at`; False where the node has thrown away the state of then.

    The code is pinned, so the contract tells the truth about `block.number` at its deployment. On a chain where that
    is not the chain's own height, the code appeared elsewhere, and no history could be followed.

    Args:
        at: The block in which the contract named `deployed_at`.

    Raises:
        WrongChainError: the code appeared in another block.
    """
    if not 0 < deployed_at <= at.number:
        raise WrongChainError("RG162", address=address, found=deployed_at)
    try:
        before = await node.code(asked, address, await node.block(asked, deployed_at - 1))
        after = await node.code(asked, address, await node.block(asked, deployed_at))
    except RpcRefusedError:
        return False
    if before or not contract.is_registry(after):
        raise WrongChainError("RG162", address=address, found=deployed_at)
    return True
