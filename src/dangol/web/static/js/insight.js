/* Cut points of the scheme are dragged in the histograms of the preview: what is dragged is typed into the form, whose own
   request (htmx, debounced, the newest replacing those under way) then draws the preview anew. */
(() => {
  "use strict";
  const WIDTH = 320;
  let held = null;

  const form = () => document.querySelector(".scheme-form");
  const at = (picture, event) => {
    const box = picture.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * WIDTH;
  };
  /* The scale is that of square roots, as in reads.Histogram.place. */
  const value = (picture, x) => {
    const least = picture.dataset.axis === "r" ? 0 : 1;
    const whole = Math.max(Math.round((x / WIDTH) ** 2 * Number(picture.dataset.top)), least);
    return whole / Number(picture.dataset.scale);
  };
  const own = (fields, pictures) => {
    const choice = fields.querySelector("input[name=kind][value=own]");
    if (choice.checked) return;
    for (const one of pictures) fields.elements[`${one.dataset.axis}_groups`].value = one.dataset.groups;
    choice.checked = true;
  };

  document.addEventListener("pointerdown", (event) => {
    const cut = event.target.closest?.(".cut-picture .cut");
    if (!cut || !form()) return;
    held = { cut, picture: cut.closest(".cut-picture") };
    held.picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const x = at(held.picture, event);
    held.cut.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    held.cut.dataset.value = value(held.picture, x);
  });
  document.addEventListener("pointerup", () => {
    if (!held) return;
    const { picture } = held;
    held = null;
    const fields = form();
    const cuts = [...picture.querySelectorAll(".cut")].map((one) => Number(one.dataset.value));
    own(fields, document.querySelectorAll(".cut-picture"));
    const typed = fields.elements[`${picture.dataset.axis}_cuts`];
    typed.value = [...new Set(cuts)].sort((a, b) => a - b).join(", ");
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("pointercancel", () => { held = null; });
})();
