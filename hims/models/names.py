"""The keys by which a patient's name is found though it is misspelled; PostgreSQL works them out.

What the keys are stands in `hims_name_keys` (migration 0007): the words of a name, each with one
letter left out, how they sound, and how they begin.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class NameKeys(models.Func):
    """`hims_name_keys(family, given)`: an array of text, indexed for patients."""

    function = "hims_name_keys"
    output_field = ArrayField(models.TextField())
