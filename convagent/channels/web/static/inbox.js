// What makes the inbox quicker: countdowns, live updates, keys. Every answer can be given without it.
(function () {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const find = (what) => document.querySelector(what);
  const all = (what) => Array.from(document.querySelectorAll(what));
  root.classList.add("js");

  // ---- time: the server's clock counts, not this machine's
  const ahead = Number(body.dataset.now) * 1000 - Date.now();
  const two = (number) => String(number).padStart(2, "0");

  function left(seconds) {
    if (seconds <= 0) return "time is up";
    const whole = Math.ceil(seconds);
    const days = Math.floor(whole / 86400);
    const hours = Math.floor(whole / 3600) % 24;
    const minutes = Math.floor(whole / 60) % 60;
    if (days) return days + "d " + hours + "h left";
    if (hours) return hours + ":" + two(minutes) + ":" + two(whole % 60) + " left";
    return minutes + ":" + two(whole % 60) + " left";
  }

  function count() {
    const now = (Date.now() + ahead) / 1000;
    for (const due of all("[data-deadline]")) {
      const seconds = Number(due.dataset.deadline) - now;
      due.querySelector(".count").textContent = left(seconds);
      due.classList.toggle("soon", seconds < 120);
    }
  }

  function localTimes(within) {
    for (const time of within.querySelectorAll("time[data-at]")) {
      const at = new Date(Number(time.dataset.at) * 1000);
      const now = new Date();
      const format = { hour: "2-digit", minute: "2-digit" };
      if (at.toDateString() !== now.toDateString()) Object.assign(format, { month: "short", day: "numeric" });
      if (at.getFullYear() !== now.getFullYear()) format.year = "numeric";
      time.title = time.textContent;
      time.textContent = at.toLocaleString(undefined, format);
    }
  }

  // ---- where one is in the list, and what is chosen
  let here = -1;
  const requests = () => all(".request");

  function go(to) {
    const listed = requests();
    if (!listed.length) return;
    here = Math.max(0, Math.min(to, listed.length - 1));
    listed.forEach((one, n) => one.classList.toggle("here", n === here));
    listed[here].querySelector("h2 a").focus({ preventScroll: true });
    listed[here].scrollIntoView({ block: "nearest" });
  }

  function chosen() {
    const bar = find("#batch-bar");
    if (!bar) return;
    const number = all("input[name=chosen]:checked").length;
    bar.classList.toggle("some", number > 0);
    find("#chosen").textContent = number + " chosen";
  }

  // ---- live updates
  const region = () => find("#live-region");
  let fetching = false;
  let again = false;

  function say(text, link) {
    const told = find("#told");
    told.textContent = text;
    if (!link) return;
    const a = document.createElement("a");
    a.href = link;
    a.textContent = " Show it";
    told.append(a);
  }

  async function fresh() {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 401) location.reload();
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  async function update() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const page = await fresh();
      if (page) (body.dataset.live === "request" ? compare : replace)(page);
    } catch (error) {
      say("The inbox cannot be reached just now.");
    } finally {
      fetching = false;
      if (again) { again = false; update(); }
    }
  }

  function compare(page) {
    const before = find(".one");
    const now = page.querySelector(".one");
    if (!before || !now || before.dataset.state === now.dataset.state) return;
    say("This question has changed meanwhile.", location.href);
  }

  function replace(page) {
    const now = page.querySelector("#live-region");
    if (!now || !region() || now.innerHTML === region().dataset.was) return;
    const was = requests().map((one) => one.dataset.id);
    const ticked = new Set(all("input[name=chosen]:checked").map((one) => one.value));
    const at = here >= 0 && requests()[here] ? requests()[here].dataset.id : null;
    const focused = document.activeElement && region().contains(document.activeElement);
    now.dataset.was = now.innerHTML;
    region().replaceWith(document.adoptNode(now));
    localTimes(region());
    for (const one of all("input[name=chosen]")) one.checked = ticked.has(one.value);
    const count_of = page.querySelector("#count");
    if (count_of && find("#count")) find("#count").textContent = count_of.textContent;
    if (at) {
      const found = requests().findIndex((one) => one.dataset.id === at);
      if (focused) go(found < 0 ? here : found);
      else here = found;
    }
    const bar = page.querySelector("#batch-bar");
    if (bar && !find("#batch-bar") && find("#batch")) find("#batch").append(document.adoptNode(bar));
    count();
    chosen();
    const added = requests().filter((one) => !was.includes(one.dataset.id)).length;
    const gone = was.filter((id) => !requests().some((one) => one.dataset.id === id)).length;
    if (added || gone) say([added && added + " new", gone && gone + " gone"].filter(Boolean).join(", ") + ".");
  }

  let stream = null;
  function listen() {
    if (stream || !body.dataset.live || document.hidden) return;
    stream = new EventSource("/events");
    stream.addEventListener("changed", update);
  }
  function deafen() {
    if (stream) stream.close();
    stream = null;
  }

  // ---- keys
  function open_answer(verb) {
    const part = find("#do-" + verb) || (verb === "approve" && find("#do-retry, #do-answer"));
    if (!part) return;
    if (part.tagName === "DETAILS") part.open = true;
    const field = part.querySelector("input:not([type=hidden]), textarea, select");
    const target = part.tagName === "DETAILS" && field ? field : part.querySelector("button");
    target.focus();
    part.scrollIntoView({ block: "nearest" });
  }

  function follow(what) {
    const link = find(what);
    if (link) location.assign(link.href);
  }

  // An approval is a word of its own: the key leads to the button, Enter presses it.
  const KEYS = {
    j: () => go(here + 1),
    k: () => go(here - 1),
    x: () => { const box = requests()[here] && requests()[here].querySelector("input[name=chosen]"); if (box) box.click(); },
    a: () => (here >= 0 ? follow(".request.here h2 a") : open_answer("approve")),
    e: () => open_answer("edit"),
    r: () => open_answer("reject"),
    n: () => follow("#next"),
    u: () => follow("#back"),
    "?": () => find("#help") && find("#help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const where = event.target;
    const types = where.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
    if (event.key === "Escape" && types) { where.blur(); return; }
    if (types || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // ---- once
  document.addEventListener("change", (event) => { if (event.target.name === "chosen") chosen(); });
  document.addEventListener("submit", (event) => {
    // Pressed twice is sent once; the button's own value has to go along, so it is disabled afterwards.
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => all("form").forEach((form) => delete form.dataset.sent));
  document.addEventListener("visibilitychange", () => (document.hidden ? deafen() : listen()));
  localTimes(document);
  count();
  chosen();
  setInterval(count, 1000);
  listen();
  const wrong = find("[aria-invalid]") || find(".problem[role=alert]");
  if (wrong && wrong.focus) wrong.focus();
})();
