/* The plan editor: steps back and forth through what was changed on this page. Every step is saved like any change. */
(() => {
  const form = document.getElementById("plan-form");
  const undo = document.querySelector("[data-plan-undo]"), redo = document.querySelector("[data-plan-redo]");
  if (!form || !undo || !redo) return;
  const MOST = 200, OWN = ["csrfmiddlewaretoken", "version"];
  const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => !OWN.includes(name)));
  const steps = [state()];
  let at = 0;

  function show() {
    undo.disabled = at === 0;
    redo.disabled = at === steps.length - 1;
  }

  function note() {
    const now = state();
    if (now === steps[at]) return;
    steps.splice(at + 1, steps.length, now);
    if (steps.length > MOST) steps.shift();
    at = steps.length - 1;
    show();
  }

  function go(by) {
    note(); /* what is being typed is a step too */
    if (!steps[at + by]) return;
    at += by;
    const wanted = new Map();
    for (const [name, value] of JSON.parse(steps[at])) wanted.set(name, [...(wanted.get(name) || []), value]);
    for (const one of form.elements) {
      if (!one.name || OWN.includes(one.name)) continue;
      const values = wanted.get(one.name) || [];
      if (one.type === "checkbox") one.checked = values.includes(one.value);
      else if (one.type !== "submit") one.value = values[0] ?? "";
    }
    show();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  form.addEventListener("change", note);
  undo.addEventListener("click", () => go(-1));
  redo.addEventListener("click", () => go(1));
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea")) return; /* the field's own undo */
    const key = event.key.toLowerCase();
    const by = key === "y" || (key === "z" && event.shiftKey) ? 1 : key === "z" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    go(by);
  });
  show();
})();
