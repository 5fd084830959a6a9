"""Where else the stock pages lead, by what one may do there."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

ROOMS = (
    ("top_up.run", "rounds", "list", _("Top-up rounds")),
    ("recalls.view", "recalls", "broken", _("Recalls")),
    ("purchase.order", "purchases", "box", _("Orders to suppliers")),
)


@register.inclusion_tag("inventory/rooms.html", takes_context=True)
def stock_rooms(context) -> dict:
    """Buttons to the rounds, recalls and orders that the viewer may open."""
    viewer = context["request"].user
    return {"rooms": [(name, icon, label) for may, name, icon, label in ROOMS if viewer.may(may)]}
