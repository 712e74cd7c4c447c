"""Show that the filing number a blockchain information service displays is real, in force and its own.

    >>> from attest import FilingNumber
    >>> number = FilingNumber.parse("浙网信备33010619213211320012号")
    >>> number.key, number.province, number.county
    ('33010619213211320012', '浙', '浙江省西湖区')

Nothing here reaches a chain, a browser or the network: those load with `attest.registry`, `attest.chain`
and `attest.site`.
"""

from attest.number import FilingNumber

__version__ = "0.1.0"
__all__ = ["FilingNumber", "__version__"]
