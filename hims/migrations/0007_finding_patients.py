"""Patients are found by misspelled names; a birth date may be an estimate; record numbers are ours.

`hims_plain_name` takes accents, apostrophes and hyphens out of a name. `hims_name_keys` gives the
keys of its words: =WORD whole, ^WOR how it begins, ~WRT how it sounds (double metaphone, both
ways), and the word bare and with each one of its first eight letters left out: two words that
share such a key differ by one letter left out, put in, changed or swapped with its neighbour.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import CreateExtension, UnaccentExtension
from django.db import migrations, models

from hims.models.names import NameKeys

FUNCTIONS = r"""
CREATE FUNCTION hims_plain_name(name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 SET search_path = public, pg_catalog AS $$
BEGIN
    name := regexp_replace(normalize(name, NFKD), '[\u0300-\u036F''’`´.]', '', 'g');
    RETURN btrim(regexp_replace(upper(unaccent(name)), '[-‐–,/_\s]+', ' ', 'g'));
END $$;

CREATE FUNCTION hims_name_keys(family text, given text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 SET search_path = public, pg_catalog AS $$
DECLARE
    words text[];
    word text;
    first text;
    sound text;
    keys text[] := '{}';
BEGIN
    family := hims_plain_name(family);
    given := hims_plain_name(given);
    words := string_to_array(btrim(family || ' ' || given), ' ');
    IF position(' ' IN family) > 0 THEN
        words := words || replace(family, ' ', '');
    END IF;
    IF position(' ' IN given) > 0 THEN
        words := words || replace(given, ' ', '');
    END IF;
    FOREACH word IN ARRAY words LOOP
        CONTINUE WHEN word = '';
        first := left(word, 8);
        keys := keys || ('=' || word) || first;
        CONTINUE WHEN length(word) < 3;
        keys := keys || ('^' || left(word, 3));
        FOR i IN 1..length(first) LOOP
            keys := keys || (left(first, i - 1) || substr(first, i + 1));
        END LOOP;
        sound := dmetaphone(word);
        IF sound <> '' THEN
            keys := keys || ('~' || sound);
            IF dmetaphone_alt(word) <> sound THEN
                keys := keys || ('~' || dmetaphone_alt(word));
            END IF;
        END IF;
    END LOOP;
    RETURN keys;
END $$;
"""
UNFUNCTIONS = """
DROP FUNCTION hims_name_keys(text, text);
DROP FUNCTION hims_plain_name(text);
"""
NUMBERS = "CREATE SEQUENCE hims_record_number START 100001"


class Migration(migrations.Migration):
    dependencies = [("hims", "0006_flow_append_only")]
    operations = [
        UnaccentExtension(),
        CreateExtension("fuzzystrmatch"),
        migrations.RunSQL(FUNCTIONS, UNFUNCTIONS),
        migrations.RunSQL(NUMBERS, "DROP SEQUENCE hims_record_number"),
        *(
            migrations.AddField(model, name, field)
            for model in ("patient", "historicalpatient")
            for name, field in (
                ("birth_estimated", models.BooleanField(default=False)),
                ("birth_order", models.PositiveSmallIntegerField(blank=True, null=True)),
            )
        ),
        migrations.AddIndex(
            "patient", GinIndex(NameKeys("family", "given"), name="patient_name_keys")
        ),
        migrations.AddIndex(
            "patient", models.Index(fields=["birth_date"], name="patient_birth_date")
        ),
        migrations.AddIndex(
            "patientidentifier", models.Index(fields=["value"], name="identifier_value")
        ),
    ]
