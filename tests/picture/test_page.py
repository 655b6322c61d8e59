"""The page, the lines for a terminal and the diagram for Mermaid, as text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from convagent.events import ModelCallFinished, RunStarted, TerminationEvent
from convagent.messages import Usage
from convagent.picture import picture_of
from tests.picture.scene import approval, hostile, nested, text, told
from tests.web.test_browser import PAYLOADS


class Elements(HTMLParser):
    """Finds the elements of a page, their attributes, and what is nested wrongly."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    @property
    def ids(self) -> list[str]:
        return [value for name, value in self.attributes if name == "id"]


def test_page_needs_nothing_else() -> None:
    """No script, no address, no style but its own, whose hash its policy names."""
    page = picture_of(list(nested().events)).to_html()
    found = Elements(page)
    assert (found.wrong, found.open) == ([], [])
    assert {"script", "link", "img", "iframe", "form", "base", "object"}.isdisjoint(found.tags)
    assert not {name for name, _ in found.attributes if name.startswith("on") or name in ("style", "src")}
    assert all(value.startswith("#") for name, value in found.attributes if name == "href")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page


def test_every_link_of_a_page_leads_somewhere() -> None:
    """Arrows lead to the transcript, a run inside to its section; no id stands twice."""
    found = Elements(picture_of(list(nested().events)).to_html())
    assert len(set(found.ids)) == len(found.ids)
    missing = {value[1:] for name, value in found.attributes if name == "href"} - set(found.ids)
    assert missing == set()
    described = {id for name, value in found.attributes if name == "aria-labelledby" for id in value.split()}
    assert described <= set(found.ids)


def test_page_says_what_happened() -> None:
    """Who, what, how long, why it ended, and who decided."""
    page = picture_of(list(approval().events)).to_html()
    for said in ("My money!", "amount=90", "time is up", "after 5m", "Maximum turns (1) reached", "It is on its way."):
        assert said in page
    table = page[page.index("Who decided or answered what") :]
    cells = [re.sub(r"<[^>]*>", "|", row) for row in re.findall(r"<tr>(.*?)</tr>", table)]
    assert [[cell for cell in row.split("|") if cell] for row in cells[1:3]] == [
        ["refund", "clerk", "no answer: time is up; it goes to manager", "10m", "1", "amount &gt; 100"],
        ["refund", "manager", "edit: amount=90", "5m", "fake (fake)", "2", "amount &gt; 100"],
    ]


@pytest.mark.parametrize("words", PAYLOADS)
def test_markup_stays_text(words: str) -> None:
    """Whatever a model, a tool or a person says, and whatever they are called, makes no element."""
    page = picture_of(hostile(words)).to_html(title=words)
    found = Elements(page)
    assert (found.wrong, found.open) == ([], [])
    assert set(found.tags) <= {
        "html", "head", "meta", "title", "style", "body", "a", "main", "h1", "h2", "p", "span", "section", "dl", "dt",
        "dd", "div", "b", "code", "time", "ul", "ol", "li", "i", "nav", "svg", "desc", "line", "g", "rect", "text",
        "path", "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption",
        "footer",
    }  # fmt: skip
    assert not {name for name, _ in found.attributes if name.startswith("on") or name in ("style", "src")}
    assert all(value.startswith("#") for name, value in found.attributes if name == "href")
    assert len(set(found.ids)) == len(found.ids)


def test_text_that_no_encoding_has_can_be_written() -> None:
    """Half of a surrogate pair, a zero byte, and characters that turn the line around."""
    page = picture_of(hostile("\ud800 \x00 \u202e")).to_html()
    assert page.encode()
    assert not re.search("[\x00\u202e]", page)


def test_long_run_is_folded() -> None:
    """A hundred steps a section, of which the first is open; the text of a long message stands behind its beginning."""
    messages = [text("a", "b", f"message {i}") for i in range(249)]
    page = picture_of(told(RunStarted(agents=("a", "b")), *messages, text("a", "b", "long " * 400))).to_html()
    folded = re.findall(r"<details( open)?><summary>(Steps [\d,]+ to [\d,]+) ", page)
    expected = [(" open", "Steps 1 to 100"), ("", "Steps 101 to 200"), ("", "Steps 201 to 250")]
    assert folded == [*expected, *expected]
    assert page.count('<svg class="sequence"') == 3
    assert page.count('<details class="long">') == 1


def test_size_of_a_page_grows_with_its_steps() -> None:
    """2,000 messages stay below 2 MB."""
    messages = [text("a", "b", "What about the third paragraph, which nobody has read?") for _ in range(2000)]
    assert len(picture_of(told(RunStarted(agents=("a", "b")), *messages)).to_html()) < 2_000_000


def test_chart_shows_cost_where_prices_are_known_else_tokens() -> None:
    """One line an agent, and what it came to."""

    def used(cost: float) -> str:
        calls = [
            ModelCallFinished(model="m", seconds=1.0, usage=Usage(100, 20, cost), agent=name)
            for name in ("a", "b", "a")
        ]
        return picture_of(told(RunStarted(agents=("a", "b")), *calls)).to_html()

    assert "At the end: a $0.50; b $0.25.".replace("$0.50", "$0.5000").replace("$0.25", "$0.2500") in used(0.25)
    assert "Tokens by agent over time" in used(0.0)
    assert "At the end: a 240; b 120." in used(0.0)


def test_long_wait_is_drawn_shorter_in_the_chart() -> None:
    """So that what was used before and after it can be seen."""
    calls = [ModelCallFinished(model="m", seconds=1.0, usage=Usage(10, 5), agent="a") for _ in range(6)]
    events = told(RunStarted(agents=("a", "b")), *calls)
    assert "drawn shorter" not in picture_of(events).to_html()
    for late in events[4:]:
        object.__setattr__(late, "at", late.at + 7200.0)
    page = picture_of(events).to_html()
    assert "drawn shorter" in page
    assert "<title>nothing for 2h</title>" in page


def test_pause_is_drawn_between_steps() -> None:
    """A diagram says where nothing happened for long."""
    events = told(RunStarted(agents=("a", "b")), text("a", "b", "one"), text("b", "a", "two"), every=600.0)
    assert '<g class="pause">' in picture_of(events).to_html()
    assert ">+10m</text>" in picture_of(events).to_html()


def test_page_of_nothing_is_a_page() -> None:
    """Of a log without runs, and of a run without steps."""
    assert "There is no run in it." in picture_of([]).to_html()
    assert "Nothing has happened yet." in picture_of(told(RunStarted(agents=("a", "b")))).to_html()


def test_text_fits_a_terminal() -> None:
    """One line a step, what was waited for, decisions and usage, in 80 columns."""
    shown = picture_of(list(approval().events)).to_text().splitlines()
    assert max(map(len, shown)) <= 80
    assert shown[0] == "customer and support: done, Maximum turns (1) reached"
    assert shown[2:7] == [
        "   0:00.0  customer -> support: My money!",
        "   0:00.0  support -> clerk asks: May support call refund? amount 900",
        "    10:00  clerk time is up after 10m: it goes to manager",
        "    10:00  support -> manager asks: May support call refund? amount 900",
        "    15:00  manager -> support edit after 5m: amount=90",
    ]
    assert shown[-6:] == [
        "About   Who      Decided                                    Waited  On",
        "refund  clerk    no answer: time is up; it goes to manager     10m",
        "refund  manager  edit: amount=90                                5m  fake (fake)",
        "",
        "Agent    Calls  Cached  Failed  Time  Tokens in  Tokens out  Cost",
        "support      2       -       -    0s         46          16     -",
    ]


def test_text_of_wide_letters_fits_too() -> None:
    """A letter that takes two columns counts as two."""
    words = "会議は踊る" * 40
    shown = picture_of(told(RunStarted(agents=("a", "b")), text("a", "b", words))).to_text(60).splitlines()
    assert shown[-1].endswith("…")
    assert len(shown[-1]) < 45


def test_mermaid_draws_runs_inside_in_a_box() -> None:
    """Participants once, people as actors, arrows by kind."""
    assert picture_of(list(nested().events)).to_mermaid().splitlines() == [
        "sequenceDiagram",
        "    participant p1 as reader",
        "    participant p2 as editor",
        "    participant p3 as critic",
        "    participant p4 as writer",
        "    participant p5 as publish (tool)",
        "    actor p6 as chief",
        "    p1->>p2: Something about the Moon",
        "    Note over p2: run inside: critic and writer",
        "    rect rgba(120, 140, 160, 0.12)",
        "        p3->>p4: Write.",
        "        p4->>p3: A draft.",
        "        p3->>p4: Shorter!",
        "        p4-)p6: asks: May writer call publish? title The Moon",
        "        p6-->>p4: approve after 3h",
        "        p4->>p5: calls: title#61;#34;The Moon#34;".replace("#61;", "="),
        "        p5-->>p4: returns: The Moon is online",
        "        p4->>p3: Published.",
        "        Note over p3: the chat ends: Maximum turns (2) reached",
        "    end",
        "    p2->>p1: Published.",
        "    Note over p1: the chat ends: Maximum turns (1) reached",
    ]


@pytest.mark.parametrize("words", [*PAYLOADS, "a;b#c", "end", "wrap: x", "%%{init: {}}%%", "a\nb", "<br>", "->>"])
def test_mermaid_takes_no_text_for_its_own(words: str) -> None:
    """Each line is one of five kinds, and what its texts say are words, a few signs, and numbers of characters."""
    line = re.compile(
        r"sequenceDiagram|    (participant|actor) p\d+ as TEXT|\s+p\d+(->>|-->>|-\))p\d+: TEXT"
        r"|\s+Note over p\d+(,p\d+)?: TEXT|\s+rect rgba\(120, 140, 160, 0\.12\)|\s+end".replace(
            "TEXT", r"(?!(no)?wrap:)([\w .,:!?()/=+$'…-]|#\d+;)+"
        )
    )
    shown = picture_of(hostile(words)).to_mermaid()
    assert [found for found in shown.splitlines() if not line.fullmatch(found)] == []


def test_mermaid_counts_what_is_too_much() -> None:
    """Its renderers draw no long text."""
    messages = [text("a", "b", f"message {i}") for i in range(20)]
    picture = picture_of(told(RunStarted(agents=("a", "b")), *messages, TerminationEvent(termination_reason="enough")))
    assert picture.to_mermaid(steps=5).splitlines()[-2:] == [
        "    p1->>p2: message 4",
        "    Note over p1: and 16 more steps",
    ]
    assert "the chat ends: enough" in picture.to_mermaid(steps=None)
