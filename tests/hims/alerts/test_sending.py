"""What leaves the house: a title and a link, once, by the worker, and never to a machine inside."""

import json
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hims import tasks
from hims.access.hidden import Hidden
from hims.actions.alerts import acknowledge_alert, deliver
from hims.actions.alerts.keeping import add_channel
from hims.actions.alerts.sending import ATTEMPTS, LEASE, claim_deliveries, settle_delivery
from hims.delivery import NotSent, send
from hims.domain.channels import Letter
from hims.errors import Refused
from hims.models import Alert, Channel, Delivery
from hims.queries.actors import clock
from tests.given_alerts import MEDIUM, NOON, a_department, at, on_shift, raised, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox(settings):
    """A webhook's other side, on this machine: what came, and how it answers."""
    came, answers = [], []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.HIMS_DELIVERY = "send"
    settings.HIMS_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    yield came, answers, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def channel(someone, address, **more):
    asked = {"kind": "webhook", "name": "Pager", "least": "medium"} | more
    return add_channel(actor=someone, now=NOON, address=Hidden(address), **asked)


def sent(now):
    """Claim and send what is due, as the worker does."""
    letters = claim_deliveries(actor=clock(), now=now)
    for letter in letters:
        try:
            send(letter)
            error = ""
        except NotSent as why:
            error = str(why)
        settle_delivery(actor=clock(), now=now, letter=letter, error=error)
    return letters


def test_an_alert_reaches_a_webhook_once_with_nothing_of_the_patient(inbox, patient_pair):
    came, answers, address = inbox
    ed = a_department()
    manager, nurse = on_shift(ed, "manager"), on_shift(ed, "nurse")
    channel(manager, address, role="nurse")
    alert = raised(
        MEDIUM, department=ed, patient=patient_pair[0], title="Quillfeather waits", text="Bay one"
    )
    answers += [503]
    assert len(sent(at(1))) == 1
    row = Delivery.objects.get(channel__isnull=False)
    assert (row.status, row.attempts, row.error) == ("due", 1, "the other side did not take it")
    assert sent(at(2)) == []
    assert len(sent(at(3))) == 1
    row.refresh_from_db()
    assert (row.status, row.sent_at) == ("sent", at(3))
    assert sent(at(500)) == []
    assert len(came) == 2
    assert came[1]["title"] == "MEDIUM: A medium rule · ED"
    assert came[1]["message"].endswith(f"/alerts/{alert.uid}/")
    assert "Quillfeather" not in json.dumps(came) + "".join(
        Delivery.objects.values_list("title", flat=True)
    )
    assert nurse.pk in Delivery.objects.filter(channel=None).values_list("actor", flat=True)


def test_a_worker_that_died_with_a_letter_leaves_it_to_the_next_and_nobody_marks_it_twice(inbox):
    came, _answers, address = inbox
    ed = a_department()
    channel(on_shift(ed, "manager"), address, role="nurse")
    on_shift(ed, "nurse")
    raised(department=ed)
    (lost,) = claim_deliveries(actor=clock(), now=at(1))
    assert claim_deliveries(actor=clock(), now=at(1)) == []
    (again,) = claim_deliveries(actor=clock(), now=at(1) + LEASE)
    settle_delivery(actor=clock(), now=at(100), letter=lost, error="too late")
    assert Delivery.objects.get(pk=lost.delivery).error == ""
    settle_delivery(actor=clock(), now=at(101), letter=again)
    assert Delivery.objects.get(pk=lost.delivery).status == "sent"
    assert came == []


def test_a_way_that_stays_closed_is_given_up_and_that_is_an_alert(inbox):
    _came, answers, address = inbox
    ed = a_department()
    channel(on_shift(ed, "manager"), address, role="nurse")
    on_shift(ed, "nurse")
    administrator = on_shift(ed, "administrator")
    raised(department=ed)
    answers += [500] * ATTEMPTS
    for n in range(ATTEMPTS):
        assert len(sent(at(1000 * (n + 1)))) == 1
    assert Delivery.objects.get(channel__isnull=False).status == "failed"
    complaint = Alert.objects.get(rule__code="alerts.not_delivered")
    assert "Pager" in complaint.title
    assert complaint.deliveries.filter(actor=administrator).exists()


def test_what_was_answered_before_it_was_sent_is_not_sent(inbox):
    came, _answers, address = inbox
    ed = a_department()
    channel(on_shift(ed, "manager"), address, role="nurse")
    nurse = on_shift(ed, "nurse")
    acknowledge_alert(actor=nurse, now=at(1), alert=raised(department=ed))
    assert sent(at(2)) == []
    assert came == []


def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(settings, monkeypatch):
    looked = []

    def lookup(host, port, *args, **kwargs):
        looked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    letter = Letter(1, 1, "webhook", "https://hooks.example.org/x", "HIGH: x", "x")
    with pytest.raises(NotSent, match="inside this house"):
        send(letter)
    assert looked == ["hooks.example.org"]


class Mail(socketserver.StreamRequestHandler):
    """The least that takes one mail."""

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line.strip().upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                for part in self.rfile:
                    if part.strip() == b".":
                        break
                    self.server.came.append(part.decode())
            elif word.startswith(b"RCPT"):
                self.server.came.append(line.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def test_a_mail_goes_by_the_houses_own_server_and_without_one_that_is_said(settings):
    letter = Letter(1, 1, "email", "ada@example.org", "Your visit", "https://hims.example/x")
    settings.HIMS_MAIL_URL = ""
    with pytest.raises(NotSent, match="no mail server"):
        send(letter)
    with socketserver.TCPServer(("127.0.0.1", 0), Mail) as server:
        server.came = []
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        settings.HIMS_MAIL_URL = f"mailto://{address}?from=hims@example.org&mode=insecure"
        send(letter)
        thread.join(10)
    mail = "".join(server.came)
    assert "RCPT TO:<ada@example.org>" in mail.replace("rcpt TO", "RCPT TO")
    assert "Subject: Your visit" in mail
    assert "https://hims.example/x" in mail


def test_a_demonstration_shows_what_it_would_have_sent(settings):
    settings.HIMS_DELIVERY = "show"
    ed = a_department()
    nurse = on_shift(ed, "nurse")
    mail = {"kind": "email", "least": "low"}
    channel(nurse, "robin@example.org", **mail)
    with pytest.raises(Refused):
        channel(nurse, "robin@", **mail)
    raised(department=ed)
    told(_reminded)
    told(_reminded)
    tasks.send_deliveries()
    shown = Delivery.objects.filter(status="shown")
    assert shown.count() == 2
    assert shown.get(address="ada@example.org").title == "Your visit"
    assert Channel.objects.count() == 1


def _reminded(*, now, actor):
    return deliver(key="visit-1", title="Your visit", address="ada@example.org", now=now)
