"""How often one client may ask for what costs something: a token bucket a client and policy, in memory only."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from starlette.requests import Request

MAX_CLIENTS: Final = 20_000
"""Buckets kept; the one not used for longest makes room."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` units in `window_s` seconds, all of them at once if need be."""

    name: str
    quota: int
    window_s: int = 60

    @property
    def header(self) -> str:
        """Value of `RateLimit-Policy`."""
        return f'"{self.name}";q={self.quota};w={self.window_s}'


NODE: Final = Policy("node", 240)
"""Answers for which a node is asked."""

LISTS: Final = Policy("lists", 240)
"""Lists and counts, for which every filing is looked at."""

DRAWING: Final = Policy("drawing", 240)
"""Badges and QR codes."""

RPC: Final = Policy("rpc", 1200)
"""Requests of the gateway, each of a batch counted."""

VISITS: Final = Policy("visits", 10)
"""Verifications of sites."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client.

    Attributes:
        wait_s: Seconds until what was asked for would be allowed; 0 where it was.
    """

    policy: Policy
    left: int
    wait_s: int

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, and `Retry-After` where the client has to wait."""
        full_s = ceil((self.policy.quota - self.left) * self.policy.window_s / self.policy.quota)
        told = {
            "RateLimit-Policy": self.policy.header,
            "RateLimit": f'"{self.policy.name}";r={self.left};t={self.wait_s or full_s}',
        }
        return told | ({"Retry-After": str(self.wait_s)} if self.wait_s else {})


class Limiter:
    """The buckets.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, policy: Policy, client: str, units: int = 1) -> Allowance:
        """Take units out of a client's bucket, unless it holds fewer."""
        now = self._clock()
        left, since = self._buckets.pop((policy.name, client), (float(policy.quota), now))
        left = min(policy.quota, left + (now - since) * policy.quota / policy.window_s)
        allowed = left >= units
        left -= units if allowed else 0
        self._buckets[policy.name, client] = (left, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        wait_s = 0 if allowed else max(1, ceil((units - left) * policy.window_s / policy.quota))
        return Allowance(policy, int(left), wait_s)


def client_of(request: Request) -> str:
    """Whom a request is counted for: its address, of IPv6 the network of a household (/64). Kept nowhere else."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else host
