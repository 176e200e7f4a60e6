/* Questions can be dragged into order; the buttons beside them do the same without a pointer or a script. */
(() => {
  "use strict";
  const list = document.querySelector("[data-survey-order]");
  const form = document.querySelector("[data-survey-move]");
  if (!list || !form) return;
  const items = [...list.children];
  let dragged = null;
  items.forEach((item, place) => {
    const grip = item.querySelector("[data-grip]");
    grip.draggable = true;
    grip.addEventListener("dragstart", (event) => { dragged = item; event.dataTransfer.setData("text/plain", item.dataset.key); event.dataTransfer.setDragImage(item, 0, 0); });
    grip.addEventListener("dragend", () => { dragged = null; items.forEach((one) => one.classList.remove("over")); });
    item.addEventListener("dragover", (event) => { if (dragged && dragged !== item) { event.preventDefault(); item.classList.add("over"); } });
    item.addEventListener("dragleave", () => item.classList.remove("over"));
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === item) return;
      form.elements.key.value = dragged.dataset.key;
      form.elements.place.value = place;
      form.submit();
    });
  });
})();
