/* Edit in place: Enter is the form's own; Esc puts the value back; an opened field takes the focus and its text. */
(() => {
  "use strict";
  const doc = document;
  doc.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    const form = event.target.closest?.("form[data-edit]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    form.querySelector("[data-restore]").click();
  });
  doc.addEventListener("htmx:afterSettle", (event) => {
    const field = event.detail.elt?.querySelector?.("form[data-edit] [name=value]") ?? (event.detail.elt?.matches?.("form[data-edit]") ? event.detail.elt.querySelector("[name=value]") : null);
    if (!field) return;
    field.focus();
    field.select?.();
  });
})();
