"""History rows of the pharmacy, and what its rules said, are only ever added."""

from importlib import import_module

from django.db import migrations

ground = import_module("hims.migrations.0002_append_only")
TABLES = [
    "pharmacy_historicalallergy",
    "pharmacy_historicalallergystatement",
    "pharmacy_historicaldoselimit",
    "pharmacy_historicalingredient",
    "pharmacy_historicalknowledgesource",
    "pharmacy_historicalmedicationorder",
    "pharmacy_historicalmedicine",
    "pharmacy_rulefiring",
]


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0001_initial"), ("hims", "0002_append_only")]
    operations = [migrations.RunSQL(ground.guard(table), ground.unguard(table)) for table in TABLES]
