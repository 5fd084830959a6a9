"""The one address as a client meets it: a real server on the test's database."""

import http.client
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import psutil
import pytest
from django.db import connection, transaction

from hims import live
from tests import programs
from tests.hims.streams import person, row, token_of

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 3


@contextmanager
def served(tmp_path, context=None, **settings):
    """The port of a server of one worker, and its process; `context` is for TLS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["manage.py", "serve", "--port", str(port), "--workers", "1"]
    env = programs.environment(HIMS_WEB_THREADS=str(THREADS), **settings)
    log = tmp_path / "web.log"
    with programs.program(command, log, env) as running:

        def alive():
            with suppress(OSError):
                return ask(port, "GET", "/health/live", context=context)[0] == 200

        programs.until(alive, log=log)
        yield port, running


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory):
    """One server for the tests that leave it as it was."""
    with served(tmp_path_factory.mktemp("address")) as (number, _):
        yield number


def ask(port, method, path, body=None, context=None, **headers):
    if context:
        found = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
    else:
        found = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        found.request(method, path, body, {key.replace("_", "-"): v for key, v in headers.items()})
        answer = found.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        found.close()


@contextmanager
def stream(port, headers):
    """An open event stream over a raw socket."""
    name, value = (text.decode() for text in headers[0])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        request = f"GET /api/events/?kinds=position HTTP/1.1\r\nHost: localhost\r\n{name}: {value}"
        client.sendall(f"{request}\r\n\r\n".encode())
        yield client


def read_until(client, words, seconds=15):
    got, end = b"", time.monotonic() + seconds
    while words not in got and time.monotonic() < end:
        part = client.recv(65536)
        if not part:
            break
        got += part
    assert words in got, got
    return got


def test_pages_programs_and_machines_find_their_doors_at_one_address(port):
    headers = token_of(person())
    status, said, body = ask(port, "GET", "/")
    assert status in (200, 302)
    assert "Content-Security-Policy" in {name.title(): 1 for name in said}
    head = ask(port, "HEAD", "/sign-in/")
    page = ask(port, "GET", "/sign-in/")
    assert (head[0], head[2]) == (page[0], b"")
    assert ask(port, "GET", "/nowhere/")[0] == 404
    assert ask(port, "GET", "/api/events/")[0] == 401
    assert ask(port, "POST", "/api/readings/", b"{}")[0] == 401
    assert ask(port, "GET", "/metrics", X_Forwarded_For="10.0.0.7")[0] == 404
    status, _, body = ask(port, "GET", "/health/ready")
    assert status == 503
    assert not json.loads(body)["checks"]["worker"]["well"]
    with stream(port, headers) as client:
        assert b"200 OK" in read_until(client, b"welcome")
        with transaction.atomic():
            live.announce("position", [row("over the wire")])
        read_until(client, b"over the wire")
        metrics = ask(port, "GET", "/metrics")[2].decode()
        assert re.search(r'hims_answers_total\{worker="\d+",status="401"\} [2-9]\n', metrics)
        assert 'hims_streams_open{worker="' in metrics
        assert any(
            line.startswith("hims_streams_open") and line.endswith(" 1")
            for line in metrics.splitlines()
        )


def test_a_body_over_the_limit_is_refused_by_every_door(port, settings):
    big = b"x" * (settings.HIMS_BODY_LIMIT + 1)
    for path in ("/sign-in/", "/api/scans/"):
        with suppress(BrokenPipeError, ConnectionResetError):
            status, said, _ = ask(port, "POST", path, big)
            assert status == 413
            assert said["content-type"] == "application/problem+json"
    assert ask(port, "GET", "/health/live")[0] == 200


def test_many_requests_at_once_share_the_connections_of_the_page_threads(port):
    def connections_open():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return cursor.fetchone()[0]

    name, value = (text.decode() for text in token_of(person())[0])
    answers = []

    def ask_for_assets():
        answers.append(ask(port, "GET", "/api/assets/", **{name: value})[0])

    for _ in range(4):
        threads = [threading.Thread(target=ask_for_assets) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 64
    # each page thread, the one aside, the event connection, the registry of the readings door
    assert connections_open() <= THREADS + 3


def test_open_streams_do_not_hold_up_a_server_that_shall_stop(tmp_path):
    headers = token_of(person())
    with served(tmp_path) as (port, running), stream(port, headers) as client:
        read_until(client, b"welcome")
        workers = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGTERM)
        running.wait(15)
        assert not any(worker.is_running() for worker in workers)
        with suppress(ConnectionResetError):
            while client.recv(65536):
                pass


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_with_a_certificate_only_tls_is_spoken(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*make, "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL
    )
    context = ssl.create_default_context(cafile=str(certificate))
    files = {"HIMS_TLS_CERTIFICATE": str(certificate), "HIMS_TLS_KEY": str(key)}
    with served(tmp_path, context, **files) as (port, _):
        status, said, _ = ask(port, "GET", "/", context=context)
        assert status == 302
        assert said["location"].startswith("/sign-in/")
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(port, "GET", "/")


def test_half_a_request_and_nonsense_do_no_harm(port):
    nonsense = [
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
        b"GET /%00%ff%c3%28?%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \xff\xfe=\x80\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/scans/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
        b"GET /api/events/?kinds=\xff&floor=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ]
    for words in nonsense:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.sendall(words)
            with suppress(TimeoutError, ConnectionResetError):
                said = client.recv(65536)
                assert not said.startswith(b"HTTP/1.1 5"), (words, said)
    assert ask(port, "GET", "/sign-in/")[0] == 200
