// The queue by keyboard: a key decides, the next case is there at once, the answer arrives behind it.
"use strict";
(() => {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const bulk = document.getElementById("several");
  const count = document.getElementById("selected");
  const left = document.getElementById("open-count");
  const help = document.getElementById("keys-help");
  const open = () => [...queue.querySelectorAll(".case:not(.decided):not(.sending)")];
  const all = () => [...queue.querySelectorAll(".case")];
  let last = null; // the case that was decided last, for undo
  let loading = false;

  function go(next, focus = true) {
    for (const el of queue.querySelectorAll(".case.now")) el.classList.remove("now");
    if (!next) return;
    next.classList.add("now");
    if (focus) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "center", behavior: "auto" }); }
    if (open().length < 5) more();
  }
  const now = () => queue.querySelector(".case.now");
  function step(by) {
    const cases = all(), at = cases.indexOf(now());
    for (let i = at + by; i >= 0 && i < cases.length; i += by) if (!cases[i].classList.contains("decided")) return go(cases[i]);
  }
  function nextOf(el) {
    const cases = all(), at = cases.indexOf(el);
    return cases.slice(at + 1).find((x) => !x.matches(".decided, .sending")) ?? open()[0];
  }
  async function more() {
    if (loading) return;
    loading = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      let fresh = 0;
      for (const el of page.querySelectorAll("#queue > .case")) {
        if (document.getElementById(el.id)) continue;
        const mine = document.importNode(el, true);
        queue.append(mine); htmx.process(mine); fresh++;
      }
      const told = page.getElementById("open-count");
      if (told && left) left.textContent = told.textContent;
      if (fresh) setTimeout(() => { loading = false; }, 300);
    } catch { loading = false; }
  }

  queue.addEventListener("htmx:beforeRequest", (event) => {
    const el = event.target.closest(".case");
    if (!el || !event.target.matches(".decide")) return;
    el.classList.add("sending"); el.setAttribute("aria-busy", "true");
    last = el.id;
    go(nextOf(el));
  });
  queue.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful || event.detail.xhr.status === 409) return;
    const el = event.target.closest(".case");
    el?.classList.remove("sending"); el?.removeAttribute("aria-busy");
    if (el) go(el, false);
  });
  queue.addEventListener("htmx:load", (event) => {
    const el = event.target.closest?.(".case");
    if (el?.classList.contains("conflict")) go(el);
    if (!now()) go(open()[0], false);
  });
  // With a mouse the case becomes the current one after the click: it grows, and the button would move from under the pointer.
  let pressed = false;
  const enter = (target) => {
    const el = target.closest?.(".case:not(.decided):not(.sending)");
    if (el && queue.contains(el) && el !== now()) go(el, false);
  };
  queue.addEventListener("pointerdown", () => { pressed = true; });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, (event) => setTimeout(() => { if (pressed) { pressed = false; enter(event.target); } }));
  }
  queue.addEventListener("focusin", (event) => { if (!pressed) enter(event.target); });
  document.addEventListener("change", (event) => {
    if (event.target.name === "case" && count) {
      const n = queue.querySelectorAll('input[name="case"]:checked').length;
      count.textContent = n; bulk.hidden = n === 0;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || help?.open) return;
    if (event.target.matches('input[type="text"], input[type="search"], select, textarea')) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const el = now();
    const key = event.key.toLowerCase();
    const button = el?.querySelector(`button[data-key="${CSS.escape(key)}"]`);
    if (button && "12340a".includes(key)) { event.preventDefault(); button.click(); return; }
    if (key === "j" || key === "k") { event.preventDefault(); step(key === "j" ? 1 : -1); }
    else if (key === "x") { const box = el?.querySelector('input[name="case"]'); if (box) { event.preventDefault(); box.click(); } }
    else if (key === "n") { const note = el?.querySelector('input[name="note"]'); if (note) { event.preventDefault(); note.focus(); } }
    else if (key === "o") { const link = el?.querySelector(".open-article"); if (link) window.open(link.href, "_blank", "noopener"); }
    else if (key === "u") { document.getElementById(last ?? "")?.querySelector("button.undo")?.click(); }
    else if (key === "?") { event.preventDefault(); help?.showModal(); }
  });
  if (bulk) bulk.hidden = true;
  go(open()[0], false);
})();
