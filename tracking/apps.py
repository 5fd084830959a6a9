"""Second floor: tags, gateways, readings, positions, stays and the locator."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self):
        from tracking import health, reports, rules, verifiers  # noqa: F401  (they fill registries)
