"""What is kept in a patient's record: visits, documents, contacts, care team, merged records."""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, QuerySet

from hims.access.scopes import visible_to
from hims.models import (
    Actor,
    CareTeamMember,
    Document,
    Encounter,
    Patient,
    PatientContact,
    PatientMerge,
)

MOST = 50


def visits(viewer: Actor, patient: Patient) -> QuerySet[Encounter]:
    """The patient's visits and stays, newest first."""
    found = visible_to(viewer, Encounter.objects.filter(patient=patient))
    return found.select_related("department", "attending").order_by(
        F("started_at").desc(nulls_first=True), "-pk"
    )[:MOST]


def documents(viewer: Actor, patient: Patient, words: str = "") -> QuerySet[Document]:
    """The patient's documents, newest first, or those that `words` find, best first. Words are
    looked for as they stand and as English stems them; "quoted words" stand together."""
    found = visible_to(viewer, Document.objects.filter(patient=patient))
    found = found.select_related("added_by", "superseded_by").defer("text", "found_by")
    if not words.strip():
        return found.order_by("-added_at", "-pk")[:MOST]
    question = SearchQuery(words, config="simple", search_type="websearch") | SearchQuery(
        words, config="english", search_type="websearch"
    )
    ranked = found.filter(found_by=question).annotate(rank=SearchRank(F("found_by"), question))
    return ranked.order_by("-rank", "-pk")[:MOST]


def contacts(viewer: Actor, patient: Patient) -> QuerySet[PatientContact]:
    """Those who may be told, emergency contacts first."""
    found = visible_to(viewer, PatientContact.objects.filter(patient=patient, ended_at=None))
    return found.select_related("consent_recorded_by").order_by("-emergency", "name", "pk")


def care_team(viewer: Actor, patient: Patient) -> QuerySet[CareTeamMember]:
    """Who is of the care team now."""
    found = visible_to(viewer, CareTeamMember.objects.filter(patient=patient, ended_at=None))
    return found.select_related("actor").order_by("begun_at", "pk")


def merges_of(viewer: Actor, patient: Patient) -> QuerySet[PatientMerge]:
    """The records that were merged into this one and still are."""
    found = visible_to(viewer, PatientMerge.objects.filter(kept=patient, undone_at=None))
    return found.select_related("merged", "merged_by").order_by("-pk")


def counted(patient: Patient) -> dict[str, int]:
    """How much a record holds, for whoever is to merge it: visits, documents, contacts, members
    of the care team. Only numbers."""
    return {
        "visits": patient.encounters.count(),
        "documents": patient.documents.count(),
        "contacts": patient.contacts.filter(ended_at=None).count(),
        "team": patient.care_team.filter(ended_at=None).count(),
    }
