/* The segment builder: parts can be dragged by their grip, steps undone by keyboard. Every drag has a button in the menu of its part. */
(() => {
  "use strict";
  const tree = document.querySelector("#seg-tree");
  if (!tree) return;
  const root = () => tree.querySelector("[data-seg-do]");
  const send = (values) => window.htmx.ajax("POST", root().dataset.segDo, { target: "#seg-tree", values });

  let dragged = null;
  const clear = () => tree.querySelectorAll(".over, .before, .dragging").forEach((one) => one.classList.remove("over", "before", "dragging"));
  const part = (element) => element.closest(".seg-part");
  tree.addEventListener("pointerdown", (event) => { const grip = event.target.closest("[data-grip]"); if (grip) grip.draggable = true; });
  tree.addEventListener("dragstart", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip) return;
    dragged = part(grip);
    dragged.classList.add("dragging");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.path);
    event.dataTransfer.setDragImage(dragged, 12, 12);
  });
  const aim = (event) => {
    if (!dragged) return null;
    const over = part(event.target), group = event.target.closest("[data-group]");
    if (dragged.contains(event.target)) return null;
    if (over && over.querySelector(":scope > .seg-card")) return { before: over };
    return group ? { group } : null;
  };
  tree.addEventListener("dragover", (event) => {
    const target = aim(event);
    tree.querySelectorAll(".over, .before").forEach((one) => one.classList.remove("over", "before"));
    if (!target) return;
    event.preventDefault();
    (target.before || target.group).classList.add(target.before ? "before" : "over");
  });
  tree.addEventListener("dragend", () => { clear(); dragged = null; });
  tree.addEventListener("drop", (event) => {
    const target = aim(event);
    if (!target) return;
    event.preventDefault();
    const path = dragged.dataset.path;
    if (target.before) {
      const parts = target.before.dataset.path.split(".");
      const place = parts.pop();
      send({ act: "move", path, into: parts.join("."), place });
    } else send({ act: "move", path, into: target.group.dataset.path, place: "" });
    clear();
    dragged = null;
  });

  /* Undo and redo, not while a field of text has its own. */
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || window.dangol.typing(event.target)) return;
    const key = event.key.toLowerCase();
    const act = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
    const button = act && document.querySelector(`#seg-${act}`);
    if (!button || button.disabled) return;
    event.preventDefault();
    send({ act });
  });

  /* After a part is added the menu is closed and its first field takes the focus. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== tree || event.detail.requestConfig.parameters.act !== "add") return;
    const path = event.detail.requestConfig.parameters.path;
    const group = tree.querySelector(`[data-group][data-path="${path}"]`);
    group?.querySelector(":scope > .seg-parts > .seg-part:last-child .seg-fields select")?.focus();
  });

  /* Values are ticked several at a time: the condition is changed when the list is closed. */
  tree.addEventListener("change", (event) => {
    if (event.target.matches(".seg-picker [type=checkbox]")) { event.target.closest(".seg-picker").dataset.ticked = "1"; event.stopPropagation(); }
    if (event.target.matches(".seg-find")) event.stopPropagation();
  }, true);
  tree.addEventListener("toggle", (event) => {
    const picker = event.target;
    if (!picker.matches?.(".seg-picker")) return;
    if (picker.open) { picker.querySelector(".seg-find")?.focus(); return; }
    if (!picker.dataset.ticked) return;
    delete picker.dataset.ticked;
    const field = picker.closest("form").querySelector("[name=path]");
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
})();
