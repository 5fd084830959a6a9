"""What patients' records hold in the demonstration: papers, contacts, a care team, and one person
who has two records."""

from datetime import date, datetime, timedelta

from hims.actions.records import add_contact, add_document, join_care_team
from hims.actions.registration import register_patient
from hims.models import Actor, Encounter, Patient

TWICE = (("Thorvaldsen-Reyes", "Marguerite"), ("Thorvaldsen-Reyes", "Margarete"))
"""One person as two desks wrote her down."""
BORN = date(1952, 3, 9)

PAPERS = (
    (
        "Discharge letter",
        "letter",
        "Admitted with pneumonia, treated with amoxicillin for five days. Afebrile at discharge. "
        "Chest X-ray in six weeks. Invented for the demonstration.",
    ),
    (
        "Chest X-ray report",
        "report",
        "Consolidation in the left lower lobe, no effusion. Invented for the demonstration.",
    ),
    (
        "Echocardiogram",
        "report",
        "Normal left ventricular function, mild mitral regurgitation. Invented for the "
        "demonstration.",
    ),
)
CONTACTS = (
    ("Henrik Amberwick", "brother", "+44 20 7946 0018"),
    ("Noor Amberwick", "daughter", "+44 20 7946 0103"),
    ("Ilse Amberwick", "neighbour", "+44 20 7946 0152"),
)


def filled() -> bool:
    """Whether the last of all this is there."""
    family, given = TWICE[-1]
    return Patient.objects.filter(family=family, given=given).exists()


def fill(*, now: datetime) -> None:
    """Have papers, contacts and a care team for three patients who are here, and two records of
    one person."""
    nurse = Actor.objects.get(username="charge-nurse")
    physician = Actor.objects.get(username="physician")
    desk = Actor.objects.get(username="receptionist")
    here = Encounter.objects.filter(
        department__code="ED",
        status__in=Encounter.OPEN,
        patient__identified=True,
        patient__documents=None,
    ).select_related("patient")
    three = [visit.patient for visit in here.order_by("acuity", "pk")[: len(PAPERS)]]
    written = now - timedelta(minutes=20)
    for patient, paper, contact in zip(three, PAPERS, CONTACTS, strict=False):
        title, kind, text = paper
        add_document(
            actor=physician, now=written, patient=patient, title=title, kind=kind, text=text
        )
        name, relationship, phone = contact
        add_contact(
            actor=desk,
            now=written,
            patient=patient,
            name=name,
            relationship=relationship,
            phone=phone,
            emergency=True,
            consented=contact is not CONTACTS[-1],
        )
    for patient in three[:1]:
        for person, part in ((physician, "attending"), (nurse, "named nurse")):
            join_care_team(actor=nurse, now=written, patient=patient, person=person, part=part)
    first, second = (
        register_patient(
            actor=desk,
            now=now - timedelta(days=days, hours=2),
            family=family,
            given=given,
            birth_date=BORN,
            sex=Patient.Sex.FEMALE,
        )
        for (family, given), days in zip(TWICE, (30, 0), strict=True)
    )
    note = "Penicillin was tolerated in 2019. Invented for the demonstration."
    add_document(actor=physician, now=written, patient=second, title="Letter", text=note)
    add_contact(actor=desk, now=written, patient=first, name="Alma Reyes", phone="+44 20 7946 0177")
