"""What the open doors and the engine keep in memory, and must hear of when it changes."""

from hims.action import step
from hims.live import announce_registry


@step
def tell_registry(what: str) -> None:
    """Say, when the transaction under way commits, that `what` changed.

    what: keys, tags, gateways or places.
    """
    announce_registry(what)
