"""How alerts climb, interrupt and leave the house, as values; and where webhooks may lead."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.domain.alerts import (
    EVERYBODY,
    LONGEST_PAUSE_S,
    Budget,
    Ended,
    interrupts,
    loud_enough,
    rung,
    said_outside,
    score,
    wait_s,
)
from hims.domain.channels import (
    apprise_email,
    apprise_webhook,
    is_email,
    may_reach,
    shown,
    webhook_fault,
)

PRIORITIES = st.sampled_from(["high", "medium", "low"])


@given(st.integers(1, 60), st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
def test_the_ladder_is_climbed_in_order_and_ends_with_everybody(level, ladder):
    role = rung(level, ladder)
    assert role == (ladder[level - 1] if level <= len(ladder) else EVERYBODY)


@given(st.integers(0, 400), st.integers(0, 100_000), st.integers(0, 5))
def test_it_never_waits_longer_than_the_rule_or_an_hour_and_never_less_than_the_rule(
    level, within, rungs
):
    wait = wait_s(level, within, rungs)
    assert max(1, within) <= wait <= max(1, within, LONGEST_PAUSE_S)
    if level <= rungs + 1:
        assert wait == max(1, within)
    assert wait_s(level + 1, within, rungs) >= wait


@given(PRIORITIES, st.integers(0, 50), st.one_of(st.none(), st.builds(Budget, st.integers(0, 20))))
def test_high_always_interrupts_and_the_rest_within_the_budget(priority, told, budget):
    now = interrupts(priority, told, budget)
    if priority == "high" or budget is None:
        assert now
    else:
        assert now == (told < budget.per_hour)


@given(st.text(min_size=1, max_size=60), PRIORITIES)
def test_nothing_that_was_said_of_a_patient_leaves_the_house(title, priority):
    line = said_outside(
        priority=priority, rule_title="Waits too long", title=title, about_patient=True, place="ED"
    )
    assert line == f"{priority.upper()}: Waits too long · ED"


def test_a_score_says_nothing_where_there_is_nothing_to_divide_by():
    assert score([]).acted_on is None
    told = score([Ended(10, 0, True), Ended(None, 2, None), Ended(30, 1, False)])
    assert (told.raised, told.acknowledged_median_s, told.acted_on, told.said) == (3, 20, 0.5, 2)
    assert told.escalated == 2 / 3
    assert [loud_enough(one, "medium") for one in ("high", "medium", "low")] == [True, True, False]


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://hooks.example.org/a?sig=1", None),
        ("https://93.184.216.34:8443/x", None),
        ("http://hooks.example.org/", "plain"),
        ("https://localhost/", "inside"),
        ("https://printer/", "inside"),
        ("https://ward.local/", "inside"),
        ("https://127.0.0.1/", "inside"),
        ("https://169.254.169.254/latest", "inside"),
        ("https://192.168.0.4/", "inside"),
        ("https://[::1]/", "inside"),
        ("https://[::ffff:10.0.0.1]/", "inside"),
        ("https://[64:ff9b::7f00:1]/", "inside"),
        ("https://[fe80::1]/", "inside"),
        ("https://2130706433/", "inside"),
        ("https://0.0.0.0/", "inside"),
        ("https://224.0.0.1/", "inside"),
        ("ftp://hooks.example.org/", "syntax"),
        ("mailto://hooks.example.org/", "syntax"),
        ("https://", "syntax"),
        ("https://a b.example.org/", "syntax"),
        ("https://hooks.example.org\\@127.0.0.1/", "syntax"),
        ("https://hooks.example.org:99999/", "syntax"),
    ],
)
def test_a_webhook_leads_outside(address, fault):
    assert webhook_fault(address) == fault


def test_a_listed_network_may_be_reached_and_its_neighbours_not():
    assert webhook_fault("http://10.1.2.3/x", ["10.1.2.0/24"]) is None
    assert webhook_fault("http://10.1.3.3/x", ["10.1.2.0/24"]) == "inside"


@settings(max_examples=60)
@given(st.ip_addresses())
def test_what_may_be_reached_is_public(where):
    if may_reach(where):
        assert where.is_global
        assert not where.is_loopback
        assert not where.is_private
    assert may_reach(where) == may_reach(str(where))
    assert may_reach(ip_address("8.8.8.8"))


@given(st.text(max_size=80))
def test_any_text_is_judged_without_falling_over(text):
    for address in (text, f"https://{text}", f"https://a.example/{text}"):
        if webhook_fault(address) is None:
            named = apprise_webhook(address)
            assert named.startswith("jsons://")
            assert named.count("redirect=no") == 1
    if is_email(text):
        assert "@" in text


def test_what_an_address_asks_for_is_no_option_of_apprises():
    named = apprise_webhook("https://u:p@hooks.example.org/a?verify=no&redirect=yes")
    assert "-verify=no" in named
    assert "-redirect=yes" in named
    assert "&redirect=no" in named
    named = apprise_email("mailtos://u:p@smtp.example.org?from=a@b.org", "x+1@example.org")
    assert named.endswith("?from=a@b.org&to=x%2B1%40example.org&format=text")
    assert shown("webhook", "https://hooks.example.org/secret") == "hooks.example.org/…"
    assert shown("email", "robin@example.org") == "r…@example.org"
