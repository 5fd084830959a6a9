"""Who acts: the two actors that nobody signs in as, and the people who do."""

from django.db.models import Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor


def clock() -> Actor:
    """Who acts when a due row wakes."""
    return Actor.objects.get(kind=Actor.Kind.CLOCK)


def console() -> Actor:
    """Who acts when an operator runs a command in the server's shell."""
    return Actor.objects.get(kind=Actor.Kind.CONSOLE)


def people(viewer: Actor, words: str = "") -> QuerySet[Actor]:
    """People who sign in, whom the viewer may know of, by name; `words` are looked for in the
    name, the user name and the badge."""
    found = visible_to(viewer, Actor.objects.filter(kind=Actor.Kind.PERSON))
    for word in words.split():
        found = found.filter(
            Q(name__icontains=word) | Q(username__icontains=word) | Q(badge__iexact=word)
        )
    return found.order_by("-is_active", "name", "pk")
