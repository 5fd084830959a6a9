"""Every address, as each role, as each kind of machine, and as a stranger.

The walk is generated from the resolver: a page that is added tomorrow is walked tomorrow.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from hims.access.relations import related_patients
from hims.access.roles import ROLE_TABLE, SCOPE_TABLE, Role
from hims.models import AuditEntry
from hims.web.page import PUBLIC
from tests import given
from tests.architecture.test_templates import read
from tests.hims.few_roles import few_roles
from tests.hims.walking import Route, furnished, routes

# Everybody may open these without having said who they are.
OPEN_TO_ALL = {
    "sign-in": "how else would one come in",
    "sign-out": "leaving works also when the session has ended meanwhile",
    "wait-sign": "a kiosk key in the address opens it, and nothing else",
}


@pytest.fixture
def house(db):
    return furnished(given.hospital())


NOTHING_TYPED = b"csrfmiddlewaretoken=as-every-form-of-ours-sends"


@contextmanager
def undone() -> Iterator[None]:
    """What a request changes is forgotten before the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def knock(browser: Client, method: str, url: str):
    """One request, whose cookies and changes are forgotten again."""
    cookies = browser.cookies.copy()
    with undone():
        if url.startswith("/api/") and method != "GET":
            answer = browser.generic(method, url, b"{}", content_type="application/json")
        else:
            sent = b"" if method == "GET" else NOTHING_TYPED
            answer = browser.generic(
                method, url, sent, content_type="application/x-www-form-urlencoded"
            )
        if answer.streaming:  # all of it, while what it reads is still there
            answer = HttpResponse(
                b"".join(answer), status=answer.status_code, headers=answer.headers
            )
        answer.text = b"".join(answer).decode("utf-8", "replace")
    browser.cookies = cookies
    return answer


def every_request(house) -> Iterator[tuple[Route, str, str]]:
    """(route, method, address) of everything there is."""
    for route in routes():
        url = route.url(house)
        for method in route.methods:
            yield route, method, url


# --- what the addresses say of themselves ---------------------------------------------------------


def test_every_address_has_a_name():
    assert [route.shape for route in routes() if not route.name] == []


def test_every_view_says_what_it_needs():
    silent = [
        route.shape
        for route in routes()
        if not route.methods or any(not route.permission(method) for method in route.methods)
    ]
    assert not silent, "decorate it with @page(permission), or give the door its permissions"


def test_every_permission_that_a_view_asks_for_is_in_a_table():
    known = ROLE_TABLE.keys() | set().union(*SCOPE_TABLE.values()) | {PUBLIC}
    asked = {route.permission(method) for route in routes() for method in route.methods}
    assert asked <= known


def test_only_the_listed_addresses_are_open_to_all():
    assert {route.name for route in routes() if route.is_public} == set(OPEN_TO_ALL)


# --- the walk -------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_sign_in_by_pages_and_told_401_by_the_api(house):
    wrong = []
    for route, method, url in every_request(house):
        if route.is_public:
            continue
        answer = knock(Client(), method, url)
        if route.is_api:
            right = answer.status_code == 401 and "WWW-Authenticate" in answer.headers
            right = right and answer.headers["Content-Type"] == "application/problem+json"
        else:
            sent_to = answer.headers.get("Location", "")
            right = answer.status_code == 302 and sent_to.startswith(reverse("sign-in"))
            right = right or (answer.status_code == 405 and not answer.text)
        if not right:
            wrong.append(f"{method} {url}: {answer.status_code}")
    assert not wrong


def walk(someone, browser: Client, house) -> tuple[list[str], int]:
    """What is wrong with the answers that `someone` gets, and how many pages there were."""
    wrong, pages = [], 0
    private = words_of_people(house, someone)
    for route, method, url in every_request(house):
        answer = knock(browser, method, url)
        if method == "GET" and answer.headers.get("Content-Type", "").startswith("text/html"):
            pages += 1
            wrong += [f"{route.name}: {one}" for one in unsafe(answer)]
        wanted = route.permission(method)
        allowed = wanted == PUBLIC or someone.may(wanted)
        status = answer.status_code
        if status >= 500:
            wrong.append(f"{method} {url}: {status}, which is never right")
        elif not allowed and status not in {403, 404, 405}:
            wrong.append(f"{method} {url}: {status} without {wanted}")
        elif allowed and status in refusals(route, method):
            wrong.append(f"{method} {url}: {status} with {wanted}")
        elif status == 200 and method == "POST" and route.name not in TAKES_NOTHING:
            wrong.append(f"{method} {url}: {status}, as if nothing typed were something")
        told = [word for word in private if word in answer.text]
        if any(page == route.name and someone.may(they) for page, they in NAMED_WITHOUT_A_PLACE):
            told = told and places_in(answer.text, house)
        if any(page == route.name and someone.may(they) for page, they in OFFERS_EVERYTHING):
            told = []
        wrong += [f"{method} {url} tells {word!r}" for word in told]
    return wrong, pages


def unsafe(answer) -> Iterator[str]:
    """How a page runs something inline, loads something from elsewhere or may be kept."""
    found = read(answer.text)
    policy = answer.headers.get("Content-Security-Policy", "")
    if found.inline or found.elsewhere:
        yield f"{found.inline + found.elsewhere}"
    if "script-src 'self'" not in policy or "unsafe" in policy:
        yield f"the policy is {policy!r}"
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        yield "may be kept by a cache"


# (page, to whom): who wears which tag is named to those who may see the list of staff, and of whom
# somebody spoke to those who read the trail and to oneself, and who is asked for to those who may
# ask; where these people are is not.
NAMED_WITHOUT_A_PLACE = {
    ("tags", "actors.view"),
    ("tag", "actors.view"),
    ("audit", "audit.view"),
    ("me", "self.view"),
    ("staff-why", "staff_position.ask"),
    ("break-glass", "glass.break"),
    ("merge-patient", "patient.merge"),
    ("patient-arrive", "encounter.begin"),
    ("glass-review", "glass.review"),
    ("review-glass", "glass.review"),
}

# Forms that offer all people and all rooms, each in its own list: nobody is said to be anywhere.
OFFERS_EVERYTHING = {("add-hours", "schedule.change"), ("close-time", "schedule.change")}


def places_in(text: str, house) -> list[str]:
    """The rooms and gateways that a text names."""
    names = [zone.name for zone in house.zones.values()]
    names += [gateway.name for gateway in house.gateways.values()]
    return [name for name in names if name in text]


# Posts that are answered with a page although nothing was typed.
TAKES_NOTHING = {
    "api-acknowledge": "whose it is follows from who knocks",
    "api-claim": "takes what its address names",
    **dict.fromkeys(
        [f"api-space-{word}" for word in ("left", "ready", "not-clean")],
        "says it of what its address names",
    ),
    "api-let-go": "leaves what its address names",
    "check-change": "says what the checks say of the form as it stands",
    "check-prescription": "says what the checks say of the form as it stands",
    "counter-scan": "asks again for a scan",
    "found-it": "asks again which room it is, in the place of the question",
    "patient-contacts": "shows the list to those who may not add to it",
    "patient-team": "shows the team to those who may not change it",
    "reset-password": "thinks of a password itself and shows it once",
    "sign-in": "asks again",
    "staff-places": "asks again whom and why",
    "staff-why": "asks again why",
}

# Not there in the small hospital.
MAY_BE_EMPTY = {
    "api-dispense-label-pdf": "nothing of the supply has left yet",
    "api-dispense-label-zpl": "nothing of the supply has left yet",
    "map-picture": "no plan picture was uploaded",
    "wait-sign": "no kiosk key was shown",
    **dict.fromkeys(
        [
            *("patient", "patient-kept", "patient-documents", "patient-contacts", "patient-team"),
            *("document", "document-file", "change-patient", "register-newborn", "api-patient"),
        ],
        "who has no care relationship knows of nobody",
    ),
    "patient-why": "nobody has a care relationship yet",
    "patient-replay": "nobody has a care relationship yet",
    **dict.fromkeys(
        [
            *("api-editions", "api-edition", "api-edition-rows", "report", "edition"),
            *("edition-rows", "edition-progress", "sign-edition"),
            *("rows-csv", "figures-csv", "xlsx", "pdf"),
        ],
        "who may not see a report learns of nothing that was made of it",
    ),
    **dict.fromkeys(
        [
            *("breach", "report-rule", "report-schedule"),
            *("add-report-rule", "report-citation", "add-report-schedule"),
        ],
        "who may not see a report learns nothing of its targets and breaches",
    ),
    "recall-given": "who may not know of recalls finds none",
    "api-slots": "it answers for a service, of which none is asked",
    "api-stock-suggestions": "it answers for a product at a place, of which none is asked",
}


def refusals(route: Route, method: str) -> set[int]:
    """The answers that nobody gets who may do this."""
    if method == "GET" and route.name not in MAY_BE_EMPTY:
        return {400, 401, 403, 404, 409, 422}
    return {401, 403}


def words_of_people(house, viewer) -> list[str]:
    """The words by which a staff member or a patient who wears a tag could be known, those of the
    viewer's own patients left out.

    These people wear tags, have positions and stays, and no account: nothing but a position or a
    list of people could name them.
    """
    member = house.staff["S-900"]
    words = [str(member.uid), member.number, *member.name.split()]
    for patient in set(house.patients.values()) - set(related_patients(viewer)):
        words += [str(patient.uid), patient.mrn, patient.family, patient.given]
    return words


FEW = few_roles()


@pytest.mark.parametrize(
    "role", [role if role in FEW else pytest.param(role, marks=pytest.mark.proof) for role in Role]
)
def test_a_role_opens_what_the_table_says_and_nothing_else(house, role):
    """Nor does any page run anything inline, load anything from elsewhere or stay in a cache."""
    someone = house.people[role]
    wrong, pages = walk(someone, given.signed_in(someone), house)
    assert pages > 30
    program = given.with_token(someone)
    for route, method, url in every_request(house):
        if not route.is_api:
            continue
        answer = knock(program, method, url)
        allowed = someone.may(route.permission(method))
        if answer.status_code >= 500 or (answer.status_code in {401, 403}) is allowed:
            wrong.append(f"{method} {url}: {answer.status_code} with a token")
    assert not wrong


def test_somebody_without_a_role_opens_nothing(house):
    wrong, _ = walk(house.newcomer, given.signed_in(house.newcomer), house)
    assert not wrong


PROVED_APART = {"readings", "observations", "scans"}  # they open one door each


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(scope, marks=pytest.mark.proof) if scope in PROVED_APART else scope
        for scope in SCOPE_TABLE
    ],
)
def test_a_machine_opens_what_its_scope_says_and_no_page(house, scope):
    machine, key = given.device(scope, kind="interface")
    program = given.knocking(key)
    wrong = []
    for route, method, url in every_request(house):
        if route.is_public:
            continue
        answer = knock(program, method, url)
        allowed = route.is_api and machine.actor.may(route.permission(method))
        if answer.status_code >= 500:
            wrong.append(f"{method} {url}: {answer.status_code}")
        elif not route.is_api:
            if answer.status_code not in {302, 405}:
                wrong.append(f"{method} {url}: {answer.status_code} to a machine")
        elif (answer.status_code in {401, 403}) is allowed:
            wrong.append(f"{method} {url}: {answer.status_code}")
    assert not wrong


def test_a_revoked_key_opens_nothing(house):
    from django.utils import timezone

    from hims.actions.devices import revoke_device
    from hims.queries.actors import console

    machine, key = given.device("scans", "events", kind="interface")
    revoke_device(actor=console(), now=timezone.now(), device=machine)
    program = given.knocking(key)
    for route, method, url in every_request(house):
        if route.is_api:
            assert knock(program, method, url).status_code == 401, url


def test_a_deactivated_person_opens_nothing_with_an_open_session(house):
    from django.utils import timezone

    from hims.actions.actors import deactivate_person
    from hims.queries.actors import console

    browser = given.signed_in(house.nurse)
    deactivate_person(actor=console(), now=timezone.now(), person=house.nurse)
    assert browser.get(reverse("home")).status_code == 302
    assert browser.get(reverse("api-assets")).status_code in {401, 403}


# --- questions that fish for people ---------------------------------------------------------------

FISHING = [
    "/api/assets/?q={word}",
    "/api/stays/?tag={tag}",
    "/api/stays/?tag={code}",
    "/api/stays/?zone=W1",
    "/api/stays/?zone=COR",
    "/api/assets/?near=W1",
    "/locate/?q={word}",
    "/locate/?q={code}",
    "/locate/?q={tag}",
    "/locate/?q=HIMS:TAG:{tag}",
    "/map/{floor}/?q={word}",
    "/map/{floor}/markers/?q={word}",
    "/map/{floor}/rooms/{zone}/?q={word}",
]


def test_no_entry_of_the_trail_names_a_person_and_a_place(house):
    for entry in AuditEntry.objects.all():
        kinds = {name.split(":")[0] for name in entry.objects_named}
        assert not (kinds & {"patient", "staff"} and kinds & {"zone", "gateway", "floor"}), entry
    of_people = AuditEntry.objects.filter(action="scan.record").exclude(objects_named__len=1)
    assert of_people.count() == 3, "two people and a pump were scanned in the corridor"


@pytest.mark.parametrize("role", sorted(ROLE_TABLE["tags.view"]))
def test_the_page_of_a_persons_tag_names_no_place(house, role):
    someone = house.people[role]
    browser = given.signed_in(someone)
    for address in ("C3:00:00:00:09:00", "C3:00:00:00:07:01"):
        tag = house.tag(address)
        for url in (reverse("tag", args=[tag.uid]), f"{reverse('tags')}?q={address}"):
            answer = browser.get(url)
            assert answer.status_code == 200
            assert places_in(answer.content.decode(), house) == []
            if not someone.may("actors.view"):
                words = words_of_people(house, someone)
                assert [word for word in words if word in answer.content.decode()] == []


@pytest.mark.parametrize("role", Role)
def test_no_question_brings_out_where_a_person_is(house, role):
    """Only what was typed may come back, as the text in the field; nothing of the person else."""
    browser = given.signed_in(house.people[role])
    member, patient = house.staff["S-900"], house.patients["MRN-777001"]
    people = [
        (member.name, "c30000000900", "HIMS:STAFF:S-900", (str(member.uid),)),
        (
            patient.mrn,
            "c30000000701",
            f"HIMS:PATIENT:{patient.mrn}",
            (str(patient.uid), patient.family, patient.given),
        ),
    ]
    wrong = []
    for word, tag, code, private in people:
        for shape in FISHING:
            url = shape.format(
                word=word,
                tag=tag,
                code=code,
                floor=house.floors["1"].uid,
                zone=house.zones["W1"].uid,
            )
            answer = browser.get(url)
            text = b"".join(answer).decode()
            if answer.status_code not in {200, 302, 403, 404}:
                wrong.append(f"{url}: {answer.status_code}")
            wrong += [f"{url} tells {one!r}" for one in private if one in text]
            if answer.status_code == 200 and url.startswith("/api/"):
                wrong += [
                    f"{url} has a row without equipment"
                    for row in json.loads(text)["results"]
                    if "asset" not in row and "kind" not in row
                ]
    assert not wrong


def test_scanning_a_wristband_or_a_badge_tells_nothing_of_its_bearer(house):
    program = given.with_token(house.physician)
    badge = house.people["nurse"].badge
    for code in (
        "HIMS:PATIENT:MRN-777001",
        "MRN-777001",
        "C3:00:00:00:07:01",
        "HIMS:TAG:C3:00:00:00:09:00",
        f"HIMS:STAFF:{badge}",
    ):
        answer = program.post(
            "/api/scans/", {"code": code, "zone": "COR"}, content_type="application/json"
        )
        assert answer.status_code == 201
        told = answer.json()
        assert told["subject"] is None
        assert told["kind"] in {"patient", "staff"}
        assert "Zebulon" not in answer.content.decode()
        assert "Vanterpool" not in answer.content.decode()
