"""Second floor: tags, gateways, readings, positions, stays and the locator."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self):
        from tracking import rules  # noqa: F401  (fills the read gate and the navigation)
