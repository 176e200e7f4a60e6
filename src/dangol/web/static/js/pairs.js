/* The review queue: j and k move, m joins, a keeps apart, s puts off; every one of them has a button. */
(() => {
  "use strict";
  const doc = document;
  const rows = () => [...doc.querySelectorAll("[data-pair]")];
  const here = () => doc.activeElement?.closest?.("[data-pair]");
  const go = (row) => { row?.querySelector(".pair-who")?.focus(); row?.scrollIntoView({ block: "nearest" }); };
  const step = (way) => {
    const all = rows();
    const place = all.indexOf(here());
    go(place < 0 ? all[way > 0 ? 0 : all.length - 1] : all[place + way] ?? all[place]);
  };
  doc.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!window.dangol.keysOn() || window.dangol.typing(event.target)) return;
    const key = event.key.toLowerCase();
    if (rows().length && (key === "j" || key === "k")) { event.preventDefault(); step(key === "j" ? 1 : -1); return; }
    const within = here() ?? doc.querySelector("[data-decide]");
    const button = within?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });
  doc.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-all-pairs]")) return;
    doc.querySelectorAll("[data-pair] input[name=id]").forEach((box) => { box.checked = event.target.checked; });
  });
})();
