"""Templates: every word can be translated, nothing runs inline, nothing comes from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from tests.architecture.source import CHECKOUT, PACKAGES, shown, templates

READ_ALOUD = {"alt", "aria-label", "aria-description", "label", "placeholder", "title"}
# What stands in templates in every language: the product's name, a unit, a code of ours.
SAME_EVERYWHERE = {"HIMS", "dBm"}
CODE = re.compile(r"\b[a-z_]+[.:][\w…-]+")
COMMENTS = re.compile(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
CLASSES = re.compile(r"{%\s*block \w*class\w*\s*%}.*?{%\s*endblock\s*%}", re.DOTALL)
TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


class _Reader(HTMLParser):
    """Collects bare words and whatever would run or load."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bare: list[str] = []
        self.inline: list[str] = []
        self.elsewhere: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._inside = tag if tag in {"script", "style"} else ""
        # A block of data is not run: it is read by a script of ours.
        data = given.get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.inline.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name == "style":
                self.inline.append(f"{tag} {name}")
            if (value or "").lower().startswith("javascript:"):
                self.inline.append(f"{tag} {name}={value}")
            loads = name in {"src", "href", "action", "srcset", "data"}
            if loads and re.match(r"(https?:)?//", value or ""):
                self.elsewhere.append(f"{tag} {name}={value}")
            if name in READ_ALOUD:
                self.words(value or "")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if not self._inside:
            self.words(data)

    def words(self, text):
        if any(word not in SAME_EVERYWHERE for word in WORD.findall(CODE.sub("", text))):
            self.bare.append(" ".join(text.split()))


def read(text: str) -> _Reader:
    """A template as read with all its Django tags taken out."""
    for what in (COMMENTS, TRANSLATED, CLASSES, TAGS):
        text = what.sub("", text)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.parametrize("path", templates(), ids=shown)
def test_every_word_of_a_template_can_be_translated(path):
    assert read(path.read_text()).bare == []


@pytest.mark.parametrize("path", templates(), ids=shown)
def test_nothing_in_a_template_runs_or_paints_inline(path):
    assert read(path.read_text()).inline == []


@pytest.mark.parametrize("path", templates(), ids=shown)
def test_a_template_loads_nothing_from_elsewhere(path):
    assert read(path.read_text()).elsewhere == []


def test_our_scripts_and_styles_load_nothing_from_elsewhere():
    loading = re.compile(
        r"""(?:import\s|from\s|url\(|fetch\(|importScripts\(|\.src\s*=|new \w*Source\()\s*["'(]*"""
        r"""(?:https?:)?//"""
    )
    found = [
        shown(path)
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("static/**/*")
        if path.suffix in {".js", ".css", ".svg"} and loading.search(path.read_text())
    ]
    assert not found


def test_our_scripts_make_no_code_from_text():
    running = re.compile(r"\beval\(|new Function\(|document\.write\(|\.innerHTML\s*=")
    found = [
        f"{shown(path)}: {hit[0]}"
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("static/**/*.js")
        for hit in running.finditer(path.read_text())
    ]
    assert not found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("<p>Bare words</p>", "bare"),
        ('<input placeholder="Type here">', "bare"),
        ("<p>{% translate 'Good' %} and bad</p>", "bare"),
        ("<p onclick='x()'></p>", "inline"),
        ("<p style='color: red'></p>", "inline"),
        ("<script>run()</script>", "inline"),
        ("<style>p { color: red }</style>", "inline"),
        ('<a href="javascript:run()"></a>', "inline"),
        ('<script src="//cdn.example/x.js"></script>', "elsewhere"),
        ('<img src="https://elsewhere.example/x.png">', "elsewhere"),
    ],
)
def test_the_reading_of_templates_finds_each_fault(text, wrong):
    assert getattr(read(text), wrong)


def test_the_reading_of_templates_lets_good_ones_pass():
    good = """{% load i18n %}<p title="{% translate 'Title' %}">{{ name }} · {% translate 'Here' %}
    {% blocktranslate with n=1 %}There are {{ n }}.{% endblocktranslate %} {# a remark #}</p>
    <script src="{% static 'hims/live.js' %}" defer></script>"""
    reader = read(good)
    assert (reader.bare, reader.inline, reader.elsewhere) == ([], [], [])
