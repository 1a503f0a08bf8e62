/* Comfort on top of pages that work without it: keys, dialogs, copying, dropped files, and a guard for unsaved work.
   Markup speaks through data-* attributes; nothing here is needed to get something done. */
(() => {
  "use strict";
  const page = document.documentElement;
  page.classList.add("has-script");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const visible = (element) => element && element.getClientRects().length > 0;

  /* What needs this script shows itself only now. */
  const enhance = (root) => {
    all(".needs-script, [data-copy]", root).forEach((element) => { element.hidden = false; });
    const focus = root.querySelector("[data-focus]");
    if (focus) focus.focus();
  };

  /* On a phone the filters above a list fold away, unless one of them is set. */
  if (matchMedia("(max-width: 40rem)").matches) {
    all("details[data-fold]").forEach((fold) => {
      fold.open = all("input, select", fold).some((field) => field.value && field.type !== "hidden");
    });
  }

  /* Dialogs: <a href="fallback" data-opens="id">, and inside one [data-closes]. */
  const openDialog = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || typeof dialog.showModal !== "function") return false;
    if (!dialog.open) dialog.showModal();
    return true;
  };

  const say = (text, tone = "info") => {
    const region = document.getElementById("messages");
    if (!region || !text) return;
    const box = document.createElement("div");
    box.className = `notice is-${tone}`;
    box.textContent = text;
    region.replaceChildren(box);
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.querySelector(".sr-only");
    const before = words.textContent;
    button.classList.add("is-done");
    words.textContent = button.dataset.copied;
    setTimeout(() => { button.classList.remove("is-done"); words.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-opens], [data-closes], [data-copy]");
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (event.target.nodeName === "DIALOG") event.target.close();
    if (!target) return;
    if (target.dataset.opens && openDialog(target.dataset.opens)) event.preventDefault();
    else if (target.hasAttribute("data-closes")) target.closest("dialog").close();
    else if (target.dataset.copy) copy(target);
  });

  /* Keys. A letter alone never acts while someone is typing. */
  const typing = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const PAUSE_MS = 900;
  let first = "";
  let firstAt = 0;

  const submit = (from) => {
    const form = from.closest("form:not([role=search])") || all("form[data-primary]").find(visible);
    if (!form) return false;
    form.requestSubmit(form.querySelector(".button.is-primary, .button.is-danger"));
    return true;
  };

  const follow = (keys) => {
    const link = all("[data-shortcut]").find((element) => element.dataset.shortcut === keys);
    if (link) location.assign(link.href);
    return Boolean(link);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.firstElementChild.focus(); });
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (submit(event.target)) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const now = Date.now();
    const keys = first && now - firstAt < PAUSE_MS ? `${first} ${event.key}` : "";
    first = event.key;
    firstAt = now;
    if (keys && follow(keys)) event.preventDefault();
    else if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (visible(search)) { search.focus(); search.select(); event.preventDefault(); }
    } else if (event.key === "?" && openDialog("shortcuts")) event.preventDefault();
  });

  /* A full-width number is a number: １，２００ → 1200 when the field is left. */
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches("[data-number]")) return;
    const plain = field.value.normalize("NFKC").replace(/[,\s¥円]/g, "").replace(/^[−‐ー▲△]/, "-");
    if (/^-?\d*\.?\d*$/.test(plain)) field.value = plain;
  });

  /* Unsaved work: <form data-guard>. */
  let dirty = false;
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => { if (event.target.closest("form[data-guard]")) dirty = true; });
  }
  document.addEventListener("submit", (event) => { if (!event.target.matches("[role=search]")) dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  /* Files: the drop field is a real file input; dropping only fills it. */
  const over = (event) => event.target.closest && event.target.closest("[data-drop]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const field = over(event);
      if (!field) return;
      event.preventDefault();
      field.classList.toggle("is-over", kind === "dragover");
      const input = field.querySelector("input[type=file]");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  /* Rows: <input type=checkbox data-selects="name"> ticks all of that name. */
  document.addEventListener("change", (event) => {
    const name = event.target.dataset && event.target.dataset.selects;
    if (name) all(`input[name="${CSS.escape(name)}"]`).forEach((box) => { box.checked = event.target.checked; });
  });

  document.addEventListener("htmx:responseError", () => say(document.body.dataset.refused, "danger"));
  document.addEventListener("htmx:sendError", () => say(document.body.dataset.refused, "danger"));
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  enhance(document);
})();
