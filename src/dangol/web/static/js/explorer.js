/* Explorer: dragging fields, moving through the table by keyboard, undo and redo, panels. Each of them has a link or a
   button that does the same; the address holds the whole state, so nothing is kept in the browser. */
(() => {
  "use strict";
  const doc = document;
  const find = (selector, inside = doc) => inside.querySelector(selector);
  const all = (selector, inside = doc) => [...inside.querySelectorAll(selector)];
  const region = () => find("#explorer");
  const panel = () => find("#explorer-panel");

  /* Every question says which tab it comes from, so that the server drops the one before; a job that works out a
     question nobody here looks at any more is stopped. */
  const tab = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  doc.addEventListener("htmx:configRequest", (event) => { if (region()?.contains(event.detail.elt)) event.detail.headers["X-Tab"] = tab; });
  let job = null;
  const watched = () => {
    const place = find("#explorer-working");
    const { here } = region().dataset;
    if (job && job.here !== here && job.id !== place?.dataset.job) window.htmx.ajax("POST", job.stop, { swap: "none", source: "#explorer-said" });
    if (place?.dataset.stop) job = { id: place.dataset.job, stop: place.dataset.stop, here };
    else job = null;
  };

  /* Steps: where somebody has been on this page, so that undo goes further than the browser's own 50. */
  const MOST = 500;
  let steps = [region()?.dataset.here];
  let at = 0;
  let stepping = false;
  const marks = () => {
    const undo = find("[data-undo]"), redo = find("[data-redo]");
    if (undo) undo.disabled = at === 0;
    if (redo) redo.disabled = at >= steps.length - 1;
  };
  const load = (url, source) => window.htmx.ajax("GET", url, { target: "#explorer", swap: "outerHTML show:none", source });
  const step = (by) => {
    if (!steps[at + by]) return;
    at += by;
    stepping = true;
    load(steps[at], find("#explorer-undo"));
  };
  const arrived = () => {
    const here = region()?.dataset.here;
    if (stepping) { stepping = false; steps[at] = here; }
    else if (here && here !== steps[at]) { steps = [...steps.slice(0, at + 1), here].slice(-MOST); at = steps.length - 1; }
    marks();
    wide();
  };
  const shown = () => {
    if (job && job.id === find("#explorer-working")?.dataset.job) return; /* only its clock moved on */
    close();
    const said = find("#explorer-said");
    if (said) said.textContent = find("#explorer-result [data-said]")?.dataset.said || "";
    rove();
    watched();
    if (drilled) { doc.getElementById(drilled)?.focus(); drilled = ""; }
  };
  let drilled = "";
  doc.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "explorer" || event.detail.elt?.id === "explorer") arrived();
    if (event.detail.target?.id === "explorer-result") shown();
    if (event.detail.target?.id === "explorer-panel" && !keep) find("[data-panel]")?.focus({ preventScroll: false });
  });

  /* Panels */
  let opener = null;
  let keep = false;
  doc.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== "explorer-panel") return;
    keep = event.detail.elt.contains?.(find("#filter-find")) || false;
    if (!panel().contains(doc.activeElement)) opener = doc.activeElement;
  });
  const close = () => { if (!panel()?.firstElementChild) return false; panel().replaceChildren(); (opener?.isConnected ? opener : find(".explorer-table [tabindex='0'][data-move]"))?.focus?.(); return true; };
  doc.addEventListener("click", (event) => {
    if (event.target.closest?.("#explorer-panel [data-close]")) { event.preventDefault(); close(); }
    drilled = event.target.closest?.(".explorer-table a[id]")?.id || drilled;
    if (event.target.closest?.("[data-undo]")) step(-1);
    if (event.target.closest?.("[data-redo]")) step(1);
    const datum = event.target.__data__?.datum;
    if (datum?.at && event.target.closest?.("#explorer-chart")) {
      const [row, column] = JSON.parse(datum.at);
      const value = `[${row},${column}]`;
      const query = new URL(region().dataset.here, location.href).searchParams;
      query.set("at", value);
      window.htmx.ajax("GET", `${region().dataset.cell}?${query}`, { target: "#explorer-panel", swap: "innerHTML" });
    }
  });
  doc.addEventListener("change", (event) => {
    const out = event.target.closest?.("[data-out]");
    if (!out) return;
    all("[data-value]", out.closest("form")).forEach((box) => { box.name = `${out.checked ? "not" : "is"}.${out.dataset.out}`; });
  });
  doc.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-find-field]")) return;
    const plain = (text) => text.toLowerCase().replace(/[\s_·-]+/g, "");
    const words = plain(event.target.value);
    const fields = all("[data-fields] li[data-words]");
    fields.forEach((item) => { item.hidden = Boolean(words) && !plain(item.dataset.words).includes(words); });
    all("[data-fields] section").forEach((group) => { group.hidden = !find("li:not([hidden])", group); });
    find("[data-found-none]").hidden = fields.some((item) => !item.hidden);
  });

  /* Dragging: fields from the list or a shelf to a place on a shelf. */
  let held = null;
  doc.addEventListener("dragstart", (event) => {
    const item = event.target.closest?.("#explorer [data-field]");
    if (!item) return;
    held = item;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.field);
    region().classList.add("dragging");
  });
  doc.addEventListener("dragend", () => { held = null; region()?.classList.remove("dragging"); all(".over").forEach((one) => one.classList.remove("over")); });
  const zone = (event) => held && (event.target.closest?.("[data-shelf]") || (held.dataset.from && event.target.closest?.("[data-fields]")));
  doc.addEventListener("dragover", (event) => {
    const shelf = zone(event);
    all(".over").forEach((one) => one !== shelf && one.classList.remove("over"));
    if (!shelf) return;
    event.preventDefault();
    shelf.classList.add("over");
  });
  doc.addEventListener("drop", (event) => {
    const shelf = zone(event);
    if (!shelf) return;
    event.preventDefault();
    const name = held.dataset.field;
    const to = shelf.dataset.shelf;
    const here = region().dataset.here;
    if (to === "filter") {
      const query = new URL(here, location.href).searchParams;
      query.set("dimension", name);
      window.htmx.ajax("GET", `${new URL("values/", new URL(here, location.href))}?${query}`, { target: "#explorer-panel", swap: "innerHTML" });
      return;
    }
    const pills = all(".explorer-pill", shelf).filter((pill) => pill !== held);
    const place = pills.findIndex((pill) => { const box = pill.getBoundingClientRect(); return event.clientY < box.bottom && event.clientX < box.left + box.width / 2; });
    const what = to ? `${to}|${name}${place >= 0 ? `|${place}` : ""}` : `take|${name}`;
    load(`${here}&do=${encodeURIComponent(what)}`, region());
  });

  /* The table is one stop of Tab; arrows move inside it. */
  const lines = () => all(".explorer-table tbody tr").map((line) => all("[data-move]", line));
  const rove = () => {
    const first = find(".explorer-table tbody [data-move]");
    if (first && !find(".explorer-table tbody [tabindex='0'][data-move]")) first.tabIndex = 0;
  };
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  doc.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !find("details.pop[open]") && close()) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !window.dangol.typing(event.target)) {
      const key = event.key.toLowerCase();
      if (key === "z") { event.preventDefault(); step(event.shiftKey ? 1 : -1); }
      if (key === "y") { event.preventDefault(); step(1); }
      return;
    }
    const here = event.target.closest?.(".explorer-table [data-move]");
    if (!here) return;
    const grid = lines();
    const row = grid.findIndex((line) => line.includes(here));
    const width = Math.max(...grid.map((line) => line.length));
    /* Rows without a link to unfold have one stop fewer: places are counted from the right. */
    const right = grid[row].length - grid[row].indexOf(here);
    let target = null;
    if (MOVES[event.key]) {
      const [down, across] = MOVES[event.key];
      const line = grid[row + down];
      target = across ? line[line.indexOf(here) + across] : line && (line[line.length - right] || line[0]);
    }
    if (event.key === "Home") target = grid[row][0];
    if (event.key === "End") target = grid[row][grid[row].length - 1];
    if (!target || width === 0) return;
    event.preventDefault();
    all(".explorer-table [data-move][tabindex='0']").forEach((one) => { one.tabIndex = -1; });
    target.tabIndex = 0;
    target.focus();
  });
  doc.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || !window.dangol?.keysOn() || window.dangol.typing(event.target)) return;
    const help = find("[data-keys-help]");
    if (!help) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    help.open = !help.open;
    find("summary", help).focus();
  }, true);

  /* On a wide window the fields stand beside the table. */
  const wide = () => { const fields = find("[data-fields]"); if (fields && matchMedia("(min-width: 64rem)").matches) fields.open = true; };
  wide();
  rove();
  marks();
  watched();
})();
