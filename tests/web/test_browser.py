"""The inbox in a real browser: what scripts add, and that nobody else's script ever runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from convagent.action import Action, Failure
from convagent.channels.web import decision_link
from convagent.events import ControlEvent, ErrorEvent, ToolCallEvent, ToolResponseEvent
from convagent.human import Offer, edit, reject
from convagent.serde import RecordedError
from tests.channels.loopback import served
from tests.web.scene import SECRET, TOKENS, Scene, refund, text

PHONE = {"width": 360, "height": 740}


class Desk:
    """An inbox that is served, and windows on it."""

    def __init__(self, scene: Scene, base: str, chromium: Any, stack: ExitStack) -> None:
        self.scene, self.base, self._chromium, self._stack = scene, base, chromium, stack
        self.wrong: list[str] = []

    def window(self, name: str = "", **options: Any) -> Any:
        """Return a new window, signed in if a name is given."""
        context = self._stack.enter_context(self._chromium.new_context(**options))
        context.set_default_timeout(8000)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        if name:
            page.goto(self.base)
            page.fill("#token", TOKENS[name])
            page.click("text=Sign in >> nth=-1")
            page.wait_for_selector("h1:has-text('Inbox')")
        return page

    def see(self, page: Any, id: str) -> Any:
        page.goto(f"{self.base}/request?id={id}")
        return page

    def decision(self, id: str) -> Any:
        stored = self.scene.inbox.get(id)
        assert stored is not None
        assert stored.reply is not None
        return stored.reply.decision


@pytest.fixture
def desk(chromium: Any, make: Callable[..., Scene]) -> Iterator[Desk]:
    scene = make()
    with ExitStack() as stack:
        base = stack.enter_context(served(scene.app))
        stack.callback(scene.app.close)
        found = Desk(scene, base, chromium, stack)
        yield found
        assert found.wrong == []


def test_request_is_approved_by_two_presses(desk: Desk) -> None:
    """From the list to the answer, and on to the next one."""
    id, other = desk.scene.asks(), desk.scene.asks(prompt="And this one?")
    page = desk.window("ada")
    page.click("text=May bot call refund?")
    page.click("button:has-text('Approve') >> nth=0")
    page.wait_for_selector("text=Your answer counts.")
    assert str(desk.decision(id)) == "approve"
    page.click("text=Next: And this one?")
    assert other.replace(":", "%3A") in page.url


def test_edit_is_corrected_where_it_is_wrong(desk: Desk) -> None:
    """The wrong field is shown, described and focused; what was right is kept."""
    id = desk.scene.asks()
    page = desk.see(desk.window("ada"), id)
    page.click("text=Change and approve…")
    page.fill("#edit-f0", "B-2")
    page.fill("#edit-f1", "lots")
    page.click("text=Approve with these changes")
    page.wait_for_selector("#edit-f1-problem")
    assert page.evaluate("document.activeElement.id") == "edit-f1"
    assert "edit-f1-problem" in page.get_attribute("#edit-f1", "aria-describedby")
    assert page.input_value("#edit-f0") == "B-2"
    page.fill("#edit-f1", "80")
    page.click("text=Approve with these changes")
    page.wait_for_selector("text=Your answer counts.")
    assert desk.decision(id) == edit(order="B-2", amount=80)


def test_rejection_by_keys_alone(desk: Desk) -> None:
    """j to the request, Enter opens it, r to the reason; a key never decides by itself."""
    id = desk.scene.asks()
    page = desk.window("ada")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#do-reject")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.textContent") == "Approve"
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "reject-text"
    page.keyboard.type("jar? no")
    assert desk.scene.inbox.get(id).status == "open"  # type: ignore[union-attr]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your answer counts.")
    assert desk.decision(id) == reject("jar? no")
    page.keyboard.press("?")
    assert page.is_visible("dialog#help")


def test_batch_counts_what_is_chosen(desk: Desk) -> None:
    """The bar comes with the first one chosen, by x or by the mouse."""
    ids = [desk.scene.asks(), desk.scene.asks()]
    page = desk.window("ada")
    assert not page.is_visible("#batch-bar")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.check("input[name=chosen] >> nth=1")
    assert page.text_content("#chosen") == "2 chosen"
    page.click("#batch-bar button:has-text('Approve')")
    page.wait_for_selector("text=2 of 2 decided")
    assert [str(desk.decision(id)) for id in ids] == ["approve", "approve"]


def test_form_is_filled_in(desk: Desk) -> None:
    """Text, number, choice and JSON, at the width of a phone."""
    schema = {
        "type": "object",
        "properties": {"sum": {"type": "integer"}, "level": {"enum": ["low", "high"]}, "more": {"type": "object"}},
        "required": ["sum", "level"],
    }
    id = desk.scene.asks(form=schema, decisions=("approve", "reject"), offers=())
    page = desk.see(desk.window("ada", viewport=PHONE), id)
    page.fill("label:has-text('sum') >> xpath=.. >> input", "7")
    page.select_option("select", label="high")
    page.fill("textarea.code", '{"a": [1]}')
    page.click("button:has-text('Approve')")
    page.wait_for_selector("text=Your answer counts.")
    assert desk.decision(id).value == {"sum": 7, "level": "high", "more": {"a": [1]}}


def test_deadline_counts_down_beside_the_time_itself(desk: Desk) -> None:
    """As the server's clock goes."""
    now = desk.scene.journal.now()
    desk.scene.asks(within=3600, deadline=now + 3600, otherwise="it is denied")
    page = desk.window("ada")
    assert re.fullmatch(r"(59:\d\d|1:00:00) left", page.text_content(".due .count"))
    assert page.get_attribute(".due time", "datetime").endswith("+00:00")
    before = page.text_content(".due .count")
    page.wait_for_function("before => document.querySelector('.due .count').textContent !== before", arg=before)


def test_list_is_fresh_when_something_changes(desk: Desk) -> None:
    """New requests come and answered ones go without a reload; what was chosen stays chosen; it is said aloud."""
    first = desk.scene.asks(prompt="The first?")
    kept = desk.scene.asks(prompt="The kept?")
    page = desk.window("ada")
    page.evaluate("window.same = true")
    page.check("[aria-label='Choose: The kept?']")
    desk.scene.asks(prompt="The new one?")
    page.wait_for_selector("text=The new one?")
    assert page.text_content("#told") == "1 new."
    assert desk.scene.inbox.decide(first, "approve", by="bob", roles=("clerk",)).status == "accepted"
    page.wait_for_selector("text=The first?", state="detached")
    assert page.is_checked("[aria-label='Choose: The kept?']")
    assert page.text_content("#count") == "2"
    assert page.evaluate("window.same")
    assert kept


def test_question_says_so_when_somebody_else_answered_it(desk: Desk) -> None:
    """What is being typed is not taken away."""
    id = desk.scene.asks()
    page = desk.see(desk.window("ada"), id)
    page.click("text=Reject…")
    page.fill("#reject-text", "because")
    assert desk.scene.inbox.decide(id, "approve", by="bob", roles=("clerk",)).status == "accepted"
    page.wait_for_selector("#told:has-text('This question has changed meanwhile.')")
    assert page.input_value("#reject-text") == "because"
    page.click("#do-reject button")
    page.wait_for_selector("text=Somebody else was first")


def test_basic_answer_needs_no_script(desk: Desk) -> None:
    """Sign in, read, choose, edit, approve."""
    id, other = desk.scene.asks(), desk.scene.asks()
    page = desk.window("ada", java_script_enabled=False)
    page.check("input[name=chosen] >> nth=1")
    page.click("#batch-bar button:has-text('Reject')")
    assert "1 of 1 decided" in page.text_content("h1")
    desk.see(page, id)
    page.click("text=Change and approve…")
    page.fill("#edit-f1", "5")
    page.click("text=Approve with these changes")
    assert "Your answer counts." in page.text_content("main")
    assert desk.decision(id) == edit(amount=5)
    assert desk.decision(other) == reject()


def test_text_runs_from_the_right_when_it_is_written_so(desk: Desk) -> None:
    """What would happen stands at the right in Arabic, and at the left in Latin letters."""
    room = """() => {
        const preview = document.querySelector('.preview'), range = document.createRange();
        range.selectNodeContents(preview);
        const text = range.getBoundingClientRect(), box = preview.getBoundingClientRect();
        return [text.left - box.left, box.right - text.right];
    }"""
    page = desk.see(desk.window("ada"), desk.scene.asks(preview="هل توافق؟ (1)"))
    left, right = page.evaluate(room)
    assert right < 100 < left
    left, right = desk.see(page, desk.scene.asks(preview="Agreed? (1)")).evaluate(room)
    assert left < 100 < right


def test_link_from_a_mail_decides_by_its_button(desk: Desk) -> None:
    """With the page's style, though its reader has no session."""
    id = desk.scene.asks()
    request = desk.scene.inbox.get(id).request  # type: ignore[union-attr]
    page = desk.window(viewport=PHONE)
    page.goto(decision_link(desk.base, SECRET, request, "reject", "ada"))
    assert page.evaluate("getComputedStyle(document.querySelector('button.primary')).borderRadius") == "8px"
    page.fill("textarea", "too much")
    page.click("button")
    page.wait_for_selector("text=Your answer counts.")
    assert desk.decision(id) == reject("too much")


def test_pages_fit_a_phone_and_name_their_fields(desk: Desk) -> None:
    """No sideways scrolling at 360 px; each field has a name, each page one heading and a language."""
    wide = "x" * 300
    id = desk.scene.ask(refund("run-0:1", prompt=f"May {wide}?", because=wide, preview=wide), text("a", wide, wide))
    desk.scene.asks(options=(wide, "b"), offers=())
    page = desk.window("root", viewport=PHONE)
    for path in ("/", f"/request?id={id}", "/runs", "/run?id=run-0", "/audit?id=run-0", "/nowhere"):
        page.goto(desk.base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert page.locator("h1").count() == 1, path
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('input:not([type=hidden]), textarea, select, button')]
                .filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim())
                .map(e => e.outerHTML)"""
        )
        assert unnamed == [], path


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a)); };
  const linear = (v) => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.map(linear); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => {
    const stack = [];
    for (; e; e = e.parentElement) stack.push(parse(getComputedStyle(e).backgroundColor));
    return stack.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const found = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || getComputedStyle(e).color.startsWith('color(')) continue;
    const back = behind(e), front = over(parse(getComputedStyle(e).color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.className} ${e.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast(desk: Desk, scheme: str) -> None:
    """At least 4.5 to 1, as WCAG AA asks for, in both colour schemes."""
    now = desk.scene.journal.now()
    id = desk.scene.asks(within=60, deadline=now + 60, otherwise="it is denied", changed="amount: 1 -> 2")
    page = desk.window("root", color_scheme=scheme)
    for path in (
        "/",
        f"/request?id={id}",
        "/runs",
        "/run?id=run-1",
        "/audit?id=run-1",
        f"/request?id={id}&done=accepted",
    ):
        page.goto(desk.base + path)
        assert page.evaluate(CONTRAST) == [], path


# ---------------------------------------------------------------- nobody else's script


PAYLOADS = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"><svg onload=window.hit=1>",
    "' autofocus onfocus=window.hit=1 x='",
    "</textarea><script>window.hit=1</script>",
    "</title></style></script><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "<a href=javascript:window.hit=1>May bot</a>",
    "{{ 7*7 }}{% print 7*7 %}${window.hit=1}",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<base href=//evil.example><form action=//evil.example><button>Approve",
    "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x>",
    "<!--><script>window.hit=1</script>-->",
    "\u202e<script>\x00window.hit=1</scr\x00ipt>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
]  # fmt: skip
ALL = " ".join(PAYLOADS)


def hostile(id: str, words: str) -> Any:
    """Return a request whose every text is a payload."""
    run = id.partition(":")[0]
    arguments = {words: words, "order": words, "amount": [words], "items": {words: [words]}}
    action = Action("tool", words, words, arguments, executor=words, run_id=run, risk=words, impact=words,
                    failure=Failure(words, words, True), attempts=2)  # fmt: skip
    schema = {
        "type": "object",
        "properties": {
            words: {"type": "string", "title": words, "description": words},
            "order": {"enum": [words, "b"], "description": words},
            "amount": {"type": "array", "description": words},
        },
    }
    return refund(
        id, prompt=words, agent=words, to=(), action=action, preview=words, changed=f"{words}: {words} -> {words}",
        because=words, offers=(Offer("exact", words),), schema=schema, otherwise=words, within=600.0,
        decisions=("approve", "edit", "reject", "respond", "revise", "retry", "stop"),
    )  # fmt: skip


def said(words: str) -> list[Any]:
    """Return events whose every text is a payload."""
    call = {"id": words, "type": "function", "function": {"name": words, "arguments": words}}
    return [
        text(words, words, words),
        ToolCallEvent(
            message={"role": "assistant", "content": words, "tool_calls": [call]}, sender=words, recipient=words
        ),
        ToolResponseEvent(message={"role": "tool", "content": words}, sender=words, recipient=words),
        ControlEvent(action="say", text=words, by=words),
        ErrorEvent(error=RecordedError(words, words)),
    ]


def assert_harmless(page: Any) -> None:
    """No script ran, no element came of a text, nothing points elsewhere."""
    assert page.evaluate("window.hit") is None
    assert (
        page.locator("iframe, object, embed, img, svg, base, main script, main style, main link, main meta").count()
        == 0
    )
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href], form')]"
        ".map(e => e.href || new URL(e.getAttribute('action') || '', location).href)"
    )
    assert [target for target in targets if not re.match(r"http://127\.0\.0\.1:\d+/", str(target))] == []
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    assert handlers == []


def test_no_text_of_anybody_is_executed(desk: Desk) -> None:
    """A model's, a tool's, a schema's, a person's, in every place of every page; in the list that comes live, too."""
    scene, page = desk.scene, desk.window("root")
    for n, words in enumerate([*PAYLOADS, ALL]):
        scene.ask(hostile(f"{n}<b>:1", words), *said(words))
    page.wait_for_selector(f".request >> nth={len(PAYLOADS)}")  # it came live
    assert_harmless(page)
    page.goto(desk.base)
    assert_harmless(page)
    page.goto(desk.base + "/runs")
    assert_harmless(page)
    for n in range(len(PAYLOADS) + 1):
        desk.see(page, f"{n}%3Cb%3E:1")
        assert_harmless(page)
    for view in ("run", "audit"):
        page.goto(f"{desk.base}/{view}?id={len(PAYLOADS)}%3Cb%3E")
        assert_harmless(page)


def test_no_typed_text_is_executed_when_it_comes_back(desk: Desk) -> None:
    """What was typed into a form, a reason that somebody gave, an address with markup in it."""
    id = desk.scene.asks()
    page = desk.see(desk.window("ada"), id)
    page.click("text=Change and approve…")
    for name in ("#edit-f0", "#edit-f1", "#edit-f3"):
        page.fill(name, ALL.replace("\x00", ""))
    page.fill("#edit-f4", ALL)
    page.click("text=Approve with these changes")
    page.wait_for_selector("#edit-f1-problem")
    assert_harmless(page)
    desk.see(page, id)
    page.click("text=Reject…")
    page.fill("#reject-text", ALL)
    page.click("#do-reject button")
    page.wait_for_selector("text=Your answer counts.")
    assert_harmless(page)
    script = "<script>window.hit=1</script>"
    for path in (
        f"?who={script}",
        "request?id=<svg onload=window.hit=1>",
        script,
        f"run?id=%22>{script}",
        f"?after='{script}",
    ):
        page.goto(f"{desk.base}/{path}")
        assert_harmless(page)
