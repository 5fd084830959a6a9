"""History rows of equipment are only ever added."""

from importlib import import_module

from django.db import migrations

ground = import_module("hims.migrations.0002_append_only")
TABLES = [
    "inventory_historicalasset",
    "inventory_historicalassetkind",
    "inventory_historicalreservation",
]


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("hims", "0002_append_only")]
    operations = [migrations.RunSQL(ground.guard(table), ground.unguard(table)) for table in TABLES]
