"""A message may go to somebody outside the house: a patient who agreed to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hims", "0009_waiting_list_offers")]
    operations = [
        migrations.AddField(
            model_name="delivery",
            name="address",
            field=models.EmailField(blank=True, max_length=254, default=""),
            preserve_default=False,
        ),
    ]
