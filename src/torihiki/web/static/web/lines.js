/* The line editor: adds and removes rows of a Django formset, and moves between them by keyboard. */
(() => {
  "use strict";
  const rows = (editor) => [...editor.querySelectorAll("tbody [data-line]")];
  const shown = (editor) => rows(editor).filter((row) => !row.hidden);
  const total = (editor) => editor.querySelector(`[name="${editor.dataset.lines}-TOTAL_FORMS"]`);

  /* Every row says its number in the same places; the blank row has the words with __number__ in them. */
  const MARKED = "[data-line-number], [aria-label], .sr-only";
  const blank = (editor) => editor.querySelector("[data-line-blank]").content.firstElementChild;
  const number = (editor) => {
    const words = [...blank(editor).querySelectorAll(MARKED)];
    shown(editor).forEach((row, index) => row.querySelectorAll(MARKED).forEach((element, place) => {
      const say = (text) => text.replace("__number__", index + 1);
      if (element.hasAttribute("aria-label")) element.setAttribute("aria-label", say(words[place].getAttribute("aria-label")));
      else element.textContent = say(words[place].textContent);
    }));
  };

  const add = (editor) => {
    const count = Number(total(editor).value);
    if (shown(editor).length >= Number(editor.dataset.linesMax)) return null;
    const row = blank(editor).cloneNode(true);
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const attribute of [...element.attributes]) {
        if (attribute.value.includes("__prefix__")) attribute.value = attribute.value.replaceAll("__prefix__", count);
      }
    }
    editor.querySelector("tbody").append(row);
    total(editor).value = count + 1;
    number(editor);
    changed(editor);
    return row;
  };

  const remove = (editor, row, column = 0) => {
    const next = shown(editor)[shown(editor).indexOf(row) + 1] || shown(editor)[shown(editor).indexOf(row) - 1];
    const box = row.querySelector("[data-line-remove] input");
    if (!box) return;
    box.checked = true;
    row.hidden = true;
    number(editor);
    enter(next || add(editor), column);
    changed(editor);
  };

  const fields = (row) => [...row.querySelectorAll("td:not(.line-remove) :is(input, select, textarea)")];
  const enter = (row, column) => {
    const field = row && (fields(row)[column] || fields(row)[0]);
    if (!field) return;
    field.focus();
    if (field.select) field.select();
  };
  const changed = (editor) => editor.dispatchEvent(new Event("change", { bubbles: true }));

  document.addEventListener("click", (event) => {
    const editor = event.target.closest && event.target.closest("[data-lines]");
    if (!editor || !event.target.closest("[data-line-add]")) return;
    event.preventDefault();
    enter(add(editor), 0);
  });

  document.addEventListener("change", (event) => {
    const box = event.target.closest && event.target.closest("[data-line-remove]");
    if (box && event.target.checked) remove(box.closest("[data-lines]"), box.closest("[data-line]"));
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest && event.target.closest("[data-line]");
    if (!row || event.isComposing || event.altKey || event.target.matches("textarea, [type=checkbox]")) return;
    const editor = row.closest("[data-lines]");
    const held = event.ctrlKey || event.metaKey;
    if (event.key === "Backspace" && held) remove(editor, row, fields(row).indexOf(event.target));
    else if (event.key === "Enter" && !held) {
      const step = event.shiftKey ? -1 : 1;
      const next = shown(editor)[shown(editor).indexOf(row) + step];
      const column = fields(row).indexOf(event.target);
      if (next) enter(next, column);
      else if (step > 0) enter(add(editor), 0);
    } else return;
    event.preventDefault();
  });
})();
