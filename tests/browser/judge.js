() => {
  const faults = [];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const say = (element) => element.outerHTML.slice(0, 120);
  const named = (element) =>
    (element.getAttribute("aria-label") || "").trim() ||
    (element.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join("").trim() ||
    [...(element.labels || [])].map((label) => label.textContent).join("").trim() ||
    element.textContent.trim() || element.getAttribute("title") ||
    [...element.querySelectorAll("img[alt], svg[aria-label]")].map((img) => img.getAttribute("alt") || img.getAttribute("aria-label")).join("");
  const h1 = document.querySelectorAll("h1");
  if (h1.length !== 1) faults.push(`${h1.length} h1`);
  if (h1[0] && !h1[0].textContent.trim()) faults.push("h1 is empty");
  if (!document.title.split("·")[0].trim()) faults.push("no title");
  let level = 1;
  for (const heading of document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")) {
    if (!seen(heading)) continue;
    const now = Number(heading.tagName[1]);
    if (now > level + 1) faults.push(`h${now} after h${level}: ${say(heading)}`);
    level = now;
  }
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary")) if (seen(element) && !named(element)) faults.push(`no name: ${say(element)}`);
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${say(image)}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]"))
    for (const kind of ["aria-describedby", "aria-labelledby", "aria-controls"])
      for (const id of (element.getAttribute(kind) || "").split(" ").filter(Boolean)) if (!document.getElementById(id)) faults.push(`${kind} leads nowhere: ${id}`);
  for (const element of document.querySelectorAll("button, select, input:not([type=hidden], [type=checkbox], [type=radio]), summary")) {
    const box = element.getBoundingClientRect();
    if (seen(element) && !element.closest(".only-read, .skip") && box.width && (box.width < 23.5 || box.height < 23.5)) faults.push(`target ${box.width.toFixed()}×${box.height.toFixed()}: ${say(element)}`);
  }
  for (const table of document.querySelectorAll("table")) if (seen(table) && !table.closest("[role=img]") && table.rows.length && !table.querySelector("th")) faults.push(`table without headings: ${say(table)}`);
  for (const chart of document.querySelectorAll("[data-chart]")) {
    const marks = [...chart.querySelectorAll("svg .role-mark :is(path, line, text)")].map((mark) => mark.getBBox());
    if (seen(chart) && !marks.some((box) => box.width > 1 || (box.height > 1 && box.width > 0))) faults.push(`chart without marks: ${chart.dataset.chart}`);
  }
  return {
    faults: [...new Set(faults)],
    lang: document.documentElement.lang,
    overflow: document.documentElement.scrollWidth - innerWidth,
    headings: [...document.querySelectorAll("h1, h2, h3, th[scope=col], label, legend, summary, nav a")].filter(seen).filter((element) => !element.closest("[lang]:not(html), [data-own]")).filter((element) => ![...element.querySelectorAll("[data-own]")].some((own) => own.innerText.trim() === element.innerText.trim())).map((element) => element.innerText.trim()),
  };
}
