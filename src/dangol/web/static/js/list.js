/* Lists: selection, and moving through rows by keyboard. Everything also works by Tab, Space and Enter alone. */
(() => {
  "use strict";
  const doc = document;
  const picks = () => [...doc.querySelectorAll("#list-form tbody input[name=id]")];
  const rows = () => [...doc.querySelectorAll("#list-form tbody tr")];
  const count = new Intl.NumberFormat("en-US");

  const refresh = () => {
    const form = doc.getElementById("list-form");
    if (!form) return;
    const all = picks();
    const chosen = all.filter((box) => box.checked).length;
    const head = form.querySelector("[data-all]");
    if (head) { head.checked = chosen > 0 && chosen === all.length; head.indeterminate = chosen > 0 && chosen < all.length; }
    const bulk = form.querySelector("[data-bulk]");
    if (!bulk) return;
    const everything = bulk.querySelector("[name=everything]");
    bulk.hidden = chosen === 0 && !everything.checked;
    bulk.querySelector("[data-everything]").hidden = Number(form.dataset.total) <= all.length;
    const n = everything.checked ? Number(form.dataset.total) : chosen;
    bulk.querySelector("[data-selected]").textContent = bulk.dataset.said.replace("{n}", count.format(n));
  };

  doc.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("[data-all]")) picks().forEach((pick) => { pick.checked = box.checked; });
    if (box.matches?.("#list-form input[type=checkbox]")) {
      if (box.name === "everything" && box.checked) picks().forEach((pick) => { pick.checked = true; });
      if (box.name === "id" && !box.checked) { const all = doc.querySelector("#list-form [name=everything]"); if (all) all.checked = false; }
      refresh();
    }
  });

  /* An export takes the selected rows along. */
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-takes-selection]")) return;
    form.querySelectorAll("input[data-copied]").forEach((input) => input.remove());
    const everything = doc.querySelector("#list-form [name=everything]")?.checked;
    if (everything) return;
    picks().filter((box) => box.checked).forEach((box) => {
      const copy = doc.createElement("input");
      Object.assign(copy, { type: "hidden", name: "id", value: box.value });
      copy.dataset.copied = "1";
      form.append(copy);
    });
    form.closest("details").open = false;
  });

  const here = (element) => element.closest?.("#list-form tbody tr");
  const go = (row) => (row?.querySelector("th a") || row?.querySelector("input"))?.focus();
  doc.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = here(event.target);
    if (event.key === "ArrowDown" && event.target.id === "list-q") { event.preventDefault(); go(rows()[0]); return; }
    if (!row || window.dangol.typing(event.target)) return;
    if (event.key === "ArrowDown") { event.preventDefault(); go(row.nextElementSibling); }
    if (event.key === "ArrowUp") { event.preventDefault(); if (row.previousElementSibling) go(row.previousElementSibling); else doc.getElementById("list-q")?.focus(); }
    if (event.key.toLowerCase() === "x" && window.dangol.keysOn()) {
      const box = row.querySelector("input[name=id]");
      if (box) { event.preventDefault(); box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
    }
  });
  doc.addEventListener("htmx:afterSettle", refresh);
  window.addEventListener("pageshow", refresh);
  refresh();
})();
