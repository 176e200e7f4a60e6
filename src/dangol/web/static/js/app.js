/* The frame's behaviour: live messages, keyboard, palette, jobs. Every page works without it. */
(() => {
  "use strict";
  const doc = document;
  const find = (selector, inside = doc) => inside.querySelector(selector);
  const all = (selector, inside = doc) => [...inside.querySelectorAll(selector)];

  /* Messages: what an htmx swap reports is said in the live region without moving the focus. */
  const announce = (text, level = "ok") => {
    const region = find("#messages");
    if (!region || !text) return;
    const notice = doc.createElement("div");
    notice.className = `notice notice-${level}`;
    const words = doc.createElement("p");
    words.textContent = text;
    notice.append(words);
    region.replaceChildren(notice);
  };
  doc.addEventListener("announce", (event) => announce(event.detail.text, event.detail.level));
  doc.addEventListener("htmx:sendError", () => announce(find("#messages")?.dataset.offline, "bad"));
  doc.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute?.("aria-busy", "true"));
  doc.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute?.("aria-busy"));
  doc.addEventListener("htmx:afterSwap", (event) => {
    const done = find("[data-go]", event.detail.elt.parentNode || doc);
    if (done) location.assign(done.dataset.go);
  });

  /* htmx notes the address of the page in this tab's storage; a search may hold a customer's name. */
  const forget = () => { try { sessionStorage.removeItem("htmx-current-path-for-history"); } catch { /* no storage */ } };
  ["htmx:afterSettle", "htmx:replacedInHistory", "htmx:pushedIntoHistory", "htmx:afterRequest"].forEach((name) => doc.addEventListener(name, () => setTimeout(forget)));

  /* A form is sent once: the second click of a double click does nothing. Back makes it usable again. */
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-again]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); }));

  /* After a refused form the summary of errors takes the focus. */
  find("[data-focus]")?.focus();

  /* A row of tabs wider than the window begins where one is. */
  all(".tabs [aria-current]").forEach((tab) => { const row = tab.closest(".tabs"); row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2; });

  /* A stacked table on a phone says beside each value which column it is. */
  const label = (inside) => all("table.table-stack", inside).forEach((table) => {
    const heads = all("thead tr:last-child > *", table).map((head) => find(".only-read", head) ? "" : head.textContent.trim());
    all("tbody tr, tfoot tr", table).forEach((row) => { if (row.cells.length === heads.length) all("td:not([data-label])", row).forEach((cell) => { if (heads[cell.cellIndex]) cell.dataset.label = heads[cell.cellIndex]; }); });
  });
  label(doc);
  doc.addEventListener("htmx:load", (event) => label(event.detail.elt.parentElement || doc));

  /* Pop-downs close with Esc and with a click elsewhere. */
  const POPS = "details.pop[open], details.menu[open], details.dock-more[open]";
  doc.addEventListener("click", (event) => all(POPS).forEach((pop) => { if (!pop.contains(event.target)) pop.open = false; }));
  doc.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const pop = all(POPS).pop();
    if (pop) { pop.open = false; find("summary", pop).focus(); }
  });

  /* Single-letter shortcuts can be switched off (WCAG 2.1.4); the choice stays in this browser. */
  const KEYS = "dangol.keys";
  const keysOn = () => { try { return localStorage.getItem(KEYS) !== "off"; } catch { return true; } };
  const typing = (element) => element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select");
  const box = find("[data-keys]");
  if (box) {
    box.checked = keysOn();
    box.addEventListener("change", () => { try { localStorage.setItem(KEYS, box.checked ? "on" : "off"); } catch { /* private mode */ } });
  }

  /* Palette */
  const palette = find("#palette");
  const options = () => all("[role=option]", palette).filter((link) => !link.parentElement.hidden);
  let active = 0;
  const mark = (index) => {
    const shown = options();
    active = shown.length ? (index + shown.length) % shown.length : 0;
    all("[role=option]", palette).forEach((link) => { link.classList.remove("active"); link.setAttribute("aria-selected", "false"); });
    const link = shown[active];
    if (!link) return;
    link.classList.add("active");
    link.setAttribute("aria-selected", "true");
    link.scrollIntoView({ block: "nearest" });
    find("input", palette).setAttribute("aria-activedescendant", link.id);
  };
  const narrow = () => {
    const words = find("input", palette).value.trim();
    all("[role=option]", palette).forEach((link) => { link.parentElement.hidden = !link.textContent.toLowerCase().includes(words.toLowerCase()); });
    const customers = find("[data-find]", palette);
    if (customers) {
      customers.hidden = !words;
      find("[data-words]", customers).textContent = words;
      const link = find("a", customers);
      link.href = `${link.pathname}?q=${encodeURIComponent(words)}`;
    }
    mark(0);
  };
  const open = () => {
    if (!palette || palette.open) return;
    find("input", palette).value = "";
    narrow();
    palette.showModal();
    find("input", palette).focus();
  };
  if (palette) {
    palette.addEventListener("input", narrow);
    palette.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
    });
    /* Enter is the form's own submission, so Hangul composition ends before it. */
    find("form", palette).addEventListener("submit", (event) => { event.preventDefault(); options()[active]?.click(); });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  }

  const search = () => find("#list-q") || find("#find");
  doc.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keysOn() || typing(event.target) || palette?.open) return;
    if (event.key === "/") { const input = search(); if (input) { event.preventDefault(); input.focus(); input.select(); } }
    if (event.key === "?") location.assign("/help/");
  });

  window.dangol = { announce, keysOn, typing };
})();
