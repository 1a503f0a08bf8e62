/* The line editor: adds and removes rows of a Django formset, and moves between them by keyboard. */
(() => {
  "use strict";
  const rows = (editor) => [...editor.querySelectorAll("tbody [data-line]")];
  const shown = (editor) => rows(editor).filter((row) => !row.hidden);
  const total = (editor) => editor.querySelector(`[name="${editor.dataset.lines}-TOTAL_FORMS"]`);

  const number = (editor) => shown(editor).forEach((row, index) => {
    const label = row.querySelector("[data-line-number]");
    const before = label.textContent;
    label.textContent = index + 1;
    row.querySelectorAll("[aria-label]").forEach((field) => {
      const words = field.getAttribute("aria-label");
      field.setAttribute("aria-label", words.slice(0, words.lastIndexOf(before)) + (index + 1) + words.slice(words.lastIndexOf(before) + before.length));
    });
  });

  const add = (editor) => {
    const count = Number(total(editor).value);
    if (shown(editor).length >= Number(editor.dataset.linesMax)) return null;
    const row = editor.querySelector("[data-line-blank]").content.firstElementChild.cloneNode(true);
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

  const remove = (editor, row) => {
    const next = shown(editor)[shown(editor).indexOf(row) + 1] || shown(editor)[shown(editor).indexOf(row) - 1];
    const box = row.querySelector("[data-line-remove] input");
    if (!box) return;
    box.checked = true;
    row.hidden = true;
    number(editor);
    enter(next || add(editor), 0);
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
    if (event.key === "Backspace" && held) remove(editor, row);
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
