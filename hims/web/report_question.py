"""The question that a report answers: which days, narrowed how, told apart by what."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.domain.periods import BadPeriod, Cadence, Period, newest_whole, period_of
from hims.models import Actor
from hims.reporting.declared import Report

FIRST_YEAR = 1900
PRESETS = {
    "yesterday": gettext_lazy("Yesterday"),
    "last-week": gettext_lazy("Last week"),
    "last-month": gettext_lazy("Last month"),
    "this-month": gettext_lazy("This month so far"),
    "last-90-days": gettext_lazy("Last 90 days"),
}
DAY = {"invalid": gettext_lazy("Write a day like 2026-03-31.")}


@dataclass(frozen=True)
class Question:
    """What is asked of a report."""

    report: Report
    period: Period
    filters: dict[str, str]
    grouping: str

    @property
    def waits(self) -> bool:
        """Whether it is made while one waits; a longer one is work for the worker."""
        return self.period.days <= self.report.inline_days

    @property
    def typed(self) -> dict[str, str]:
        """The same as it is typed."""
        return as_typed(self.period, self.filters, self.grouping)

    @property
    def query(self) -> str:
        """The same in an address."""
        return urlencode(self.typed)


class QuestionForm(forms.Form):
    """First and last day, both in it; the filters and groupings of the report."""

    first = forms.DateField(label=gettext_lazy("First day"), error_messages=DAY)
    last = forms.DateField(label=gettext_lazy("Last day"), error_messages=DAY)

    def __init__(self, data, *, report: Report, viewer: Actor, today: date):
        super().__init__(data)
        self.report, self.today = report, today
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput(
                {"type": "date", "max": today.isoformat()}, format="%Y-%m-%d"
            )
        for one in report.filters:
            choices = [("", _("all")), *one.choices(viewer)]
            self.fields[one.name] = forms.ChoiceField(
                label=one.title, choices=choices, required=False
            )
        if len(report.groupings) > 1:
            columns = [(name, report.column(name).title) for name in report.groupings]
            self.fields["by"] = forms.ChoiceField(
                label=_("Told apart by"), choices=columns, required=False
            )

    def clean(self):
        asked = super().clean()
        first, last = asked.get("first"), asked.get("last")
        if first is None or last is None:
            return asked
        if first.year < FIRST_YEAR:
            self.add_error("first", _("No data goes back so far. Choose a later day."))
        elif last > self.today:
            self.add_error("last", _("This day has not come yet. Choose today or earlier."))
        else:
            try:
                asked["period"] = Period(first, last + timedelta(days=1))
            except BadPeriod as bad:
                self.add_error("last", str(bad))
        return asked

    @property
    def question(self) -> Question:
        """What is asked, once the form is valid."""
        asked = self.cleaned_data
        filters = {one.name: asked[one.name] for one in self.report.filters if asked[one.name]}
        grouping = asked.get("by") or next(iter(self.report.groupings), "")
        return Question(self.report, asked["period"], filters, grouping)


def typed(request, report: Report, today: date) -> dict[str, str]:
    """What was typed or chosen; the newest whole period of the report where no day was."""
    data = {name: request.GET.get(name, "") for name in request.GET}
    if chosen := preset(data.pop("period", ""), today):
        return data | days(chosen)
    if "first" in data or "last" in data:
        return data
    return data | days(newest_whole(today, report.cadence))


def preset(name: str, today: date) -> Period | None:
    """The period that a name stands for today."""
    if name == "yesterday":
        return newest_whole(today, Cadence.DAY)
    if name == "last-week":
        return newest_whole(today, Cadence.WEEK)
    if name == "last-month":
        return newest_whole(today, Cadence.MONTH)
    if name == "this-month":
        return Period(period_of(today, Cadence.MONTH).first, today + timedelta(days=1))
    if name == "last-90-days":
        return Period(today - timedelta(days=90), today)
    return None


def presets(data: dict[str, str], today: date) -> list[dict]:
    """The usual periods, as links that keep what else was chosen."""
    kept = {name: value for name, value in data.items() if name not in {"first", "last"} and value}
    links = []
    for name, label in PRESETS.items():
        here = days(preset(name, today)) == {
            "first": data.get("first", ""),
            "last": data.get("last", ""),
        }
        query = urlencode({"period": name, **kept})
        links.append({"query": query, "label": label, "current": here})
    return links


def days(period: Period) -> dict[str, str]:
    """A period as it is typed: both named days are in it."""
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def as_typed(period: Period, filters: dict[str, str], grouping: str) -> dict[str, str]:
    """A question as it is typed."""
    return days(period) | filters | ({"by": grouping} if grouping else {})
