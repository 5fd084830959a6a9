"""The simulated hospital's wires, against a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import given
from tracking.domain.simulation import Simulation
from tracking.feeds.simulated import Gateways, Line, Porters
from tracking.queries.simulated import cast
from tracking.wire import minew


class Server(ThreadingHTTPServer):
    """Keeps what it is sent and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, str, bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.hang_up = False
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Authorization"], body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (202, {})
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "2"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = self.server.hang_up

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def line(server: Server, said: list[str]) -> Iterator[Line]:
    line = Line(server.url, "a-key", said.append)
    yield line
    line.close()


def at_once(seconds: float) -> bool:
    """Wait for nothing, and go on."""
    return False


def test_posts_go_over_one_kept_connection_with_the_key(server, line):
    assert [line.post("/api/scans/", b"{}") for _ in range(5)] == [True] * 5
    assert server.connections == 1
    assert {key for _, key, _ in server.got} == {"Token a-key"}


def test_a_connection_that_the_server_closed_is_made_anew(server, line):
    server.hang_up = True
    assert [line.post("/x", b"{}") for _ in range(3)] == [True] * 3
    assert line.lost == 0


def test_retry_after_is_obeyed(server, line, said):
    server.answers = [(503, {"Retry-After": "20"})]
    assert [line.post("/x", b"{}") for _ in range(4)] == [False] * 4
    assert len(server.got) == 1
    assert line.lost == 4
    assert said == ["the server asks to wait"]
    line.quiet_until = 0.0
    assert line.post("/x", b"{}")


def test_a_server_that_is_away_is_said_once_and_asked_again(said):
    with Server() as gone:
        url = gone.url
    line = Line(url, "a-key", said.append)
    for _ in range(3):
        assert not line.post("/x", b"{}")
        line.quiet_until = 0.0
    assert len(said) == 1
    assert "no answer from the server" in said[0]


def test_a_refused_key_is_said_with_its_status(server, line, said):
    server.answers = [(401, {})]
    assert not line.post("/api/scans/", b"{}")
    assert said == ["/api/scans/ was refused with 401"]


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://here/", "http://", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="is not an address like"):
        Line(url, "a-key", print)


@pytest.mark.django_db
def test_each_gateway_posts_once_a_step_also_when_it_heard_nothing(server, line):
    given.hospital()
    found = cast()
    simulation = Simulation(found.plan, found.tags, seed=1, members=found.members)
    gateways = Gateways(simulation, line, seed=1)
    heard = [simulation.step(1.0) for _ in range(5)]
    for step in heard:
        gateways.post(step, 0.0, at_once)
    posts = [minew.decode(body) for path, _, body in server.got]
    assert len(posts) == 5 * len(found.plan.gateways)
    assert {path for path, _, _ in server.got} == {"/api/gateways/minew/"}
    sent = sum(len(post.batch.tags) for post in posts)
    assert sent == gateways.readings == sum(len(step) for step in heard) > 0
    assert {post.gateway for post in posts} == {g.address.upper() for g in found.plan.gateways}


@pytest.mark.django_db
def test_without_radio_everything_is_scanned_mostly_at_home(server, line):
    house = given.hospital()
    porters = Porters(cast(), None, line, seed=4)
    assert all(porters.scan() for _ in range(80))
    rows = [json.loads(body) for _, _, body in server.got]
    assert {row["code"] for row in rows} == {f"HIMS:ASSET:{number}" for number in house.assets}
    found = [row["zone"] for row in rows if row["code"] == "HIMS:ASSET:P-4"]
    assert found.count("W1") > len(found) / 2
    assert {row["zone"] for row in rows} <= set(house.zones)


@pytest.mark.django_db
def test_beside_a_simulation_a_tagged_thing_is_scanned_where_it_is(server, line):
    given.hospital()
    found = cast()
    simulation = Simulation(found.plan, found.tags, seed=1, members=found.members, helpers=0)
    porters = Porters(found, simulation, line, seed=4)
    assert all(porters.scan() for _ in range(40))
    truth = {
        f"HIMS:ASSET:{found.asset_of[tag.address]}": found.plan.rooms[room].code
        for tag, room in zip(found.tags, simulation.rooms(), strict=True)
        if tag.address in found.asset_of
    }
    rows = [json.loads(body) for _, _, body in server.got]
    tagged = [row for row in rows if row["code"] in truth]
    assert tagged
    assert all(row["zone"] == truth[row["code"]] for row in tagged)
