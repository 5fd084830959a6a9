"""Settings: messages of other systems, what could not be applied, their words, and who may send.

What a message says of a patient is shown to those who may search for patients, and each such look
is kept; the others see its head and what became of it.
"""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions.inbox import interfaces as senders
from hims.actions.inbox import mending
from hims.actions.inbox.account import OWNABLE
from hims.errors import Refused
from hims.models import CodeMapping, InboxMessage, Interface
from hims.queries import inbox
from hims.wire import hl7v2

from .form import fresh_key, once, refusals_in
from .page import page
from .settings import form_page

A_PAGE = 50
WAITING = InboxMessage.Status.DEAD
OWNED = {
    "demographics": gettext_lazy("who the patient is"),
    "contacts": gettext_lazy("contacts"),
    "visits": gettext_lazy("visits"),
    "location": gettext_lazy("where the patient is"),
    "beds": gettext_lazy("state of beds"),
    "allergies": gettext_lazy("allergies"),
    "appointments": gettext_lazy("appointments"),
}


class SenderForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    mode = forms.ChoiceField(
        label=gettext_lazy("What is done with its messages?"), choices=Interface.Mode.choices
    )
    owns = forms.MultipleChoiceField(
        label=gettext_lazy("What does it own?"),
        choices=[(word, OWNED[word]) for word in OWNABLE],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("What it does not own is kept with the message and not applied."),
    )
    character_set = forms.ChoiceField(
        label=gettext_lazy("Character set of messages that name none"),
        choices=[("", gettext_lazy("as the text looks")), *((s, s) for s in hl7v2.CHARACTER_SETS)],
        required=False,
    )


class NewSenderForm(SenderForm):
    sending_application = forms.CharField(
        label=gettext_lazy("Sending application (MSH-3)"), max_length=180
    )
    sending_facility = forms.CharField(
        label=gettext_lazy("Sending facility (MSH-4)"), max_length=180, required=False
    )
    field_order = ("name", "sending_application", "sending_facility")


@page("inbox.view")
@require_GET
def list_messages(request):
    """Messages; first those that wait for a person."""
    status = request.GET.get("status", WAITING)
    status = status if status in {"", *InboxMessage.Status.values} else WAITING
    words = request.GET.get("q", "").strip()[:80]
    found = Paginator(inbox.messages(request.user, status, words), A_PAGE)
    context = {
        "found": found.get_page(request.GET.get("page")),
        "status": status,
        "q": words,
        "statuses": [("", _("all")), *InboxMessage.Status.choices],
        "unmapped": inbox.unmapped(request.user).count(),
        "now": timezone.now(),
    }
    return render(request, "hims/inbox.html", context)


@page("inbox.view")
@require_GET
def one_message(request, uid):
    """One message: what became of it, and what can be done about it."""
    return _shown(request, _the_message(request, uid))


@page("inbox.replay")
@require_POST
def replay(request, uid):
    """Apply it now."""
    found = _the_message(request, uid)
    try:
        kept, _repeated = once(request, mending.replay, word=_became, message=found)
    except Refused as refused:
        return _shown(request, found, refused.findings)
    if kept["status"] == InboxMessage.Status.DEAD:
        messages.error(request, _("It still cannot be applied: %(words)s") % kept)
    else:
        messages.success(request, _("Done: %(shown)s.") % kept)
    return redirect("inbox-message", uid=uid)


@page("inbox.settle")
@require_POST
def settle(request, uid):
    """Nothing is to be done about it."""
    found = _the_message(request, uid)
    reason = request.POST.get("reason", "")[:300]
    try:
        once(request, mending.settle, word=_became, message=found, reason=reason)
    except Refused as refused:
        return _shown(request, found, refused.findings)
    messages.success(request, _("Settled."))
    return redirect("inbox")


@page("inbox.view")
@require_GET
def words(request):
    """Words of other systems: those without a meaning first."""
    return _words(request)


@page("mapping.change")
@require_POST
def map_word(request, uid):
    """Give a word its meaning."""
    found = the_one(request.user, CodeMapping.objects.select_related("interface"), uid=uid)
    ours = request.POST.get("ours", "").strip()[:180]
    try:
        once(request, mending.map_word, word=_done, mapping=found, ours=ours)
    except Refused as refused:
        return _words(request, found, ours, refused.findings)
    messages.success(request, _("Kept. Replay the messages that came before."))
    return redirect("inbox-words")


@page("inbox.view")
@require_GET
def list_interfaces(request):
    """Who sends to us, and who knocked without being listed."""
    context = {
        "interfaces": inbox.interfaces(request.user),
        "may_change": request.user.may("interface.change"),
        "owned": OWNED,
        "now": timezone.now(),
    }
    return render(request, "hims/inbox_interfaces.html", context)


@page("interface.change")
def add_interface(request):
    """List a sender."""
    form = NewSenderForm(request.POST or None, initial={"mode": "shadow", "owns": list(OWNABLE)})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            now = timezone.now()
            senders.add_interface(actor=request.user, now=now, **form.cleaned_data)
            return redirect("interfaces")
    title, submit = _("A sender of messages"), _("List this sender")
    return form_page(request, form, title=title, submit=submit, back=reverse("interfaces"))


@page("interface.change")
def one_interface(request, uid):
    """How a sender is treated; saving lists one that only knocked."""
    found = the_one(request.user, Interface.objects.all(), uid=uid)
    initial = {name: getattr(found, name) for name in SenderForm.base_fields}
    form = SenderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            senders.change_interface(
                actor=request.user, now=timezone.now(), interface=found, **form.cleaned_data
            )
            messages.success(request, _("Kept."))
            return redirect("interfaces")
    return form_page(request, form, title=found.name, submit=_("Save"), back=reverse("interfaces"))


def _the_message(request, uid) -> InboxMessage:
    return the_one(request.user, InboxMessage.objects.select_related("interface"), uid=uid)


def _shown(request, found: InboxMessage, findings=()):
    may_read = request.user.may("patients.search")
    text = ""
    if may_read:
        now = timezone.now()
        about = [found, *([found.patient] if found.patient else [])]
        look(viewer=request.user, now=now, what="message.look", things=about)
        text = "\n".join(bytes(found.raw).decode("utf-8", "replace").splitlines())
    context = {
        "message": found,
        "text": text,
        "head": bytes(found.raw).decode("utf-8", "replace").splitlines()[:1],
        "findings": findings,
        "may_replay": request.user.may("inbox.replay")
        and found.status in mending.REPLAYABLE
        and found.interface_id,
        "may_settle": request.user.may("inbox.settle") and found.status in ("dead", "unused"),
        "key": fresh_key(),
        "now": timezone.now(),
    }
    answer = render(request, "hims/inbox_message.html", context)
    answer.status_code = 409 if findings else 200
    return answer


def _words(request, wrong: CodeMapping | None = None, typed: str = "", findings=()):
    context = {
        "unmapped": inbox.unmapped(request.user)[:A_PAGE],
        "mappings": inbox.mappings(request.user)[:200],
        "may_change": request.user.may("mapping.change"),
        "wrong": wrong,
        "typed": typed,
        "findings": findings,
        "key": fresh_key(),
        "now": timezone.now(),
    }
    status = 409 if findings else 200
    return render(request, "hims/inbox_words.html", context, status=status)


def _became(message: InboxMessage) -> dict:
    return {
        "status": str(message.status),
        "shown": str(message.get_status_display()),
        "words": message.words,
    }


def _done(_result) -> dict:
    return {"done": True}
