"""The two actors that nobody signs in as."""

from hims.models import Actor


def clock() -> Actor:
    """Who acts when a due row wakes."""
    return Actor.objects.get(kind=Actor.Kind.CLOCK)


def console() -> Actor:
    """Who acts when an operator runs a command in the server's shell."""
    return Actor.objects.get(kind=Actor.Kind.CONSOLE)
