"""What tests of alerts share."""

import pytest

from hims.models import Patient


@pytest.fixture
def patient_pair(db):
    """Two patients."""
    return [
        Patient.objects.create(mrn=f"MRN-{n}", family=family, given="Ada")
        for n, family in ((1, "Quillfeather"), (2, "Marchbanks"))
    ]
