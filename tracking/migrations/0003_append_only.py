"""History rows of tags and gateways are only ever added."""

from importlib import import_module

from django.db import migrations

ground = import_module("hims.migrations.0002_append_only")
TABLES = [
    "tracking_historicalduress",
    "tracking_historicalgateway",
    "tracking_historicaltag",
    "tracking_historicaltagassignment",
    "tracking_sighting",
    "tracking_scan",
]


class Migration(migrations.Migration):
    dependencies = [("tracking", "0002_stays"), ("hims", "0002_append_only")]
    operations = [migrations.RunSQL(ground.guard(table), ground.unguard(table)) for table in TABLES]
