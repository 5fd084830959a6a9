"""Words for what a room can do for a patient."""

from django import template

from hims.models import Capability

register = template.Library()


@register.simple_tag
def capability(word: str) -> str:
    """ "monitor", "negative pressure" … in the viewer's language."""
    return str(Capability(word).label)
