// Select any passage of the text to add it as evidence.
"use strict";
(() => {
  const text = document.querySelector("#text[data-selectable]");
  const button = document.getElementById("pick");
  const dialog = document.getElementById("add-evidence");
  if (!text || !button || !dialog) return;
  let picked = null;

  // Offsets count code points, as the server does; a paragraph says where it begins.
  function pointOf(node, offset) {
    const paragraph = (node.nodeType === 1 ? node : node.parentElement)?.closest("p[data-start]");
    if (!paragraph || !text.contains(paragraph)) return null;
    const range = document.createRange();
    range.setStart(paragraph, 0); range.setEnd(node, offset);
    return Number(paragraph.dataset.start) + Array.from(range.toString()).length;
  }
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    button.hidden = true;
    if (!selection || selection.isCollapsed || dialog.open) return;
    const range = selection.getRangeAt(0);
    const start = pointOf(range.startContainer, range.startOffset);
    const words = selection.toString().trim();
    // Two characters can be all that is said ("No", and most words in Chinese); one is a slip of the hand.
    if (start == null || Array.from(words).length < 2 || !text.contains(range.endContainer)) return;
    picked = { start, words };
    const box = range.getBoundingClientRect();
    button.style.left = `${Math.max(8, box.left + scrollX)}px`;
    button.style.top = `${box.bottom + scrollY + 6}px`;
    button.hidden = false;
  });
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (!picked) return;
    const form = dialog.querySelector("form");
    form.elements.start.value = picked.start;
    form.elements.quote.value = picked.words;
    dialog.querySelector(".picked").textContent = picked.words;
    button.hidden = true;
    dialog.showModal();
  });
})();
