// What every page does: times in the reader's zone, links that pin a moment, notices when the server is away. The page reads without it.
"use strict";
document.documentElement.classList.add("js");

const token = () => document.querySelector('meta[name="form-token"]')?.content ?? "";

// The same order as the days that the server writes, so that a page has one way to write a date.
function inWords(at) {
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const of = Object.fromEntries(new Intl.DateTimeFormat("en-US", options).formatToParts(at).map((part) => [part.type, part.value]));
  return `${of.day} ${of.month} ${of.year}, ${of.hour}:${of.minute}`;
}

function localTimes(root) {
  for (const el of root.querySelectorAll("time[data-when]")) {
    const at = new Date(el.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    el.textContent = inWords(at);
    el.removeAttribute("data-when");
  }
}

// Over a dialog that is open nothing behind it can be read: it has a room of its own.
function noticeRoom() {
  const dialog = document.querySelector("dialog[open]");
  if (!dialog) return document.getElementById("notices");
  let room = dialog.querySelector(".notices");
  if (!room) {
    room = document.createElement("div");
    room.className = "notices"; room.setAttribute("role", "status");
    dialog.prepend(room);
  }
  return room;
}

function clearNotices() { for (const room of document.querySelectorAll("#notices, .notices")) room.replaceChildren(); }

function notice(words, bad = true) {
  const room = noticeRoom();
  if (!room) return;
  const p = document.createElement("p");
  p.className = bad ? "notice notice-bad" : "notice";
  p.textContent = words;
  room.replaceChildren(p);
  if (!bad) setTimeout(() => p.remove(), 4000);
}

// The link leads to what it pins, also without a script; with one it is copied.
for (const link of document.querySelectorAll("[data-copy]")) link.textContent = "Copy link";

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(copy.href);
      notice("Copied: this link shows the claim as it stands and is known now, for ever.", false);
    } catch {
      window.prompt("Copy this link", copy.href);
    }
  }
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog")?.close();
});

// On paper nothing can be opened: what is folded in the lists of reports and texts is printed too.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll(".row details:not([open]), .versions details:not([open])")) { fold.open = true; fold.dataset.folded = ""; }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-folded]")) { fold.open = false; delete fold.dataset.folded; }
});

// A session that ended: whoever logs in again in another tab goes on here, with a token of the new session.
let ended = false;
async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || new URL(answer.url).pathname === "/login") return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const what of ['meta[name="form-token"]', ".who a"]) {
      const old = document.querySelector(what), fresh = page.querySelector(what);
      if (old && fresh) old.replaceWith(document.importNode(fresh, true));
    }
    for (const held of document.querySelectorAll('input[name="form_token"]')) held.value = token();
    ended = false;
    clearNotices();
  } catch { /* the request that waits will say that the server is away */ }
}
document.addEventListener("htmx:confirm", (event) => {
  if (!ended) return;
  event.preventDefault();
  renew().then(() => event.detail.issueRequest(true));
});

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Claimline-Form"] = token();
  // Blank filters stay out of the address.
  const params = event.detail.parameters;
  if (event.detail.verb === "get") for (const name of Object.keys(params)) if (params[name] === "") delete params[name];
});
document.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  if (answer.status === 401) ended = true;
  const room = noticeRoom();
  if (room && (answer.getResponseHeader("content-type") ?? "").startsWith("text/html")) {
    const parsed = new DOMParser().parseFromString(answer.responseText, "text/html");
    const found = parsed.querySelector(".notice");
    if (found) { room.replaceChildren(document.importNode(found, true)); room.scrollIntoView({ block: "nearest" }); return; }
  }
  notice(`The server answered ${answer.status}. Load the page again.`);
});
let away = false;
document.addEventListener("htmx:afterRequest", (event) => {
  if (!away || !event.detail.successful) return;
  away = false;
  clearNotices();
});
document.addEventListener("htmx:sendError", (event) => { away = true; notice(event.detail.requestConfig?.verb === "get"
  ? "The server does not answer. What you see may be old; try again in a moment."
  : "The server does not answer. What you did was not sent; try again in a moment."); });
// Before the screen is drawn, not after htmx has settled: else a time flickers between two zones.
document.addEventListener("htmx:afterSwap", () => localTimes(document));
localTimes(document);
