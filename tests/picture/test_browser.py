"""The page in a real browser: nothing of it runs, and all of it can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from convagent.events import RunStarted
from convagent.picture import Picture, picture_of
from tests.picture.scene import approval, hostile, nested, text, told
from tests.web.test_browser import ALL, CONTRAST

PHONE = {"width": 360, "height": 740}
VIOLATIONS = "window.broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective))"
Show = Callable[..., Any]


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Show]:
    """Return a function that opens the page of a picture; nothing may break its policy, run or be fetched."""
    wrong: list[str] = []
    pages: list[Any] = []
    file = tmp_path / "run.html"

    def opened(picture: Picture, **options: Any) -> Any:
        file.write_text(picture.to_html(), encoding="utf-8")
        context = stack.enter_context(chromium.new_context(**options))
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(file.as_uri()) else None)
        page.goto(file.as_uri())
        pages.append(page)
        return page

    with ExitStack() as stack:
        yield opened
        assert [page.evaluate("window.broken || []") for page in pages] == [[]] * len(pages)
    assert wrong == []


def test_markup_of_others_never_runs(show: Show) -> None:
    """Everything that can be named or said is markup, and nothing but text comes of it."""
    page = show(picture_of(hostile(ALL)))
    assert page.evaluate("window.hit") is None
    assert page.locator("script, iframe, object, embed, img, base, form, link, main style, main meta").count() == 0
    assert page.locator("main svg").count() == 3
    assert page.locator(".transcript li").count() > 15
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for link in page.locator("a[href]").all()[:40]:
        assert link.get_attribute("href").startswith("#")
    assert page.evaluate("window.hit") is None


def test_page_can_be_read_without_scripts(show: Show) -> None:
    """What happened stands there, a run inside folds and unfolds, an arrow leads to what was said."""
    page = show(picture_of(list(nested().events)))
    assert page.is_visible("text=Something about the Moon >> nth=-1")
    assert page.is_visible(".nested .sequence")
    page.click(".nested > summary")
    assert not page.is_visible(".nested .sequence")
    page.click(".nested > summary")
    page.locator(".nested .sequence a.answer .head").click()
    assert page.url.endswith("#r1-1-s5")
    assert "approve" in page.text_content(":target")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_the_page_has_contrast(show: Show, scheme: str) -> None:
    """AA in both schemes."""
    for picture in (picture_of(list(approval().events)), picture_of(list(nested().events))):
        page = show(picture, color_scheme=scheme)
        assert page.evaluate(CONTRAST) == []


def test_page_fits_a_phone(show: Show) -> None:
    """Nothing is wider than the screen but what scrolls by itself."""
    page = show(picture_of(list(approval().events)), viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("[...document.querySelectorAll('.scroll')].some(e => e.scrollWidth > e.clientWidth)")


def test_labels_stay_in_the_diagram(show: Show) -> None:
    """No label is drawn outside, none over another, none outside of its box."""
    page = show(picture_of(list(approval().events)), viewport={"width": 1400, "height": 900})
    outside = """[...document.querySelectorAll('svg.sequence')].flatMap(svg => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
            return r.left < frame.left || r.right > frame.right || r.top < frame.top || r.bottom > frame.bottom;
        }).map(t => t.textContent)})"""
    assert page.evaluate(outside) == []
    crossing = """[...document.querySelectorAll('svg.sequence')].flatMap(svg => {
        const all = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
        return all.flatMap(([a, r], i) => all.slice(i + 1).filter(([b, s]) =>
            r.left < s.right - 2 && s.left < r.right - 2 && r.top < s.bottom - 3 && s.top < r.bottom - 3
        ).map(([b]) => a + ' | ' + b))})"""
    assert page.evaluate(crossing) == []


def test_page_of_two_thousand_messages_opens(show: Show) -> None:
    """Its first section is there, the others unfold."""
    messages = [text("a", "b", f"message {i}") for i in range(2000)]
    page = show(picture_of(told(RunStarted(agents=("a", "b")), *messages)))
    assert page.is_visible("text=Steps 1,901 to 2,000 >> nth=0")
    assert not page.is_visible("#r1-s1950")
    page.click("text=Steps 1,901 to 2,000 >> nth=1")
    assert page.is_visible("#r1-s1950")


def test_page_prints_what_is_folded(show: Show) -> None:
    """On paper everything is open."""
    messages = [text("a", "b", f"message {i}") for i in range(150)]
    page = show(picture_of(told(RunStarted(agents=("a", "b")), *messages)))
    assert not page.is_visible("#r1-s150")
    page.emulate_media(media="print")
    assert page.evaluate("document.querySelector('#r1-s150').checkVisibility()")
    assert not page.is_visible("nav")
