"""The ground floor's entries in the navigation."""

from django.utils.translation import gettext_lazy as _

from .page import Place, register_place

register_place(Place(10, "home", _("Home"), "home", "home.view"))
register_place(Place(80, "audit", _("Trail"), "trail", "audit.view"))
register_place(Place(90, "settings", _("Settings"), "settings", "settings.view"))
