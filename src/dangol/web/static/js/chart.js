/* Charts: draws the Vega-Lite specs of the page in the page's colours, and again when the colours change.
   Expressions are interpreted from their syntax tree (no eval), so the content policy stays strict. */
(() => {
  "use strict";
  const doc = document;
  const source = doc.currentScript.dataset.vega;
  const korean = doc.documentElement.lang === "ko";
  let loading;

  /* The bundle is large: it is fetched only on pages that have a chart. */
  const load = () => loading ||= new Promise((resolve, reject) => {
    const script = doc.createElement("script");
    script.src = source;
    script.onload = resolve;
    script.onerror = reject;
    doc.head.append(script);
  });

  /* Colours come from the tokens as they compute at the chart's own place, light or dark. */
  const palette = (place) => {
    const probe = doc.createElement("span");
    probe.hidden = true;
    place.append(probe);
    const colour = (name) => { probe.className = `token-${name}`; return getComputedStyle(probe).color; };
    const found = {
      ink: colour("ink"), soft: colour("ink-soft"), line: colour("chart-grid"), strong: colour("line-strong"), surface: colour("surface"),
      accent: colour("accent"), good: colour("ok"), bad: colour("bad"),
      series: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => colour(`chart-${n}`)),
    };
    probe.remove();
    return found;
  };

  const tidy = (value, unit) => (value / unit).toLocaleString("en-US", { maximumFractionDigits: 1 });
  const short = (value) => {
    const size = Math.abs(value);
    const units = korean ? [[1e12, "조"], [1e8, "억"], [1e4, "만"]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
    const floor = korean ? 1e4 : 1e4;
    if (size < floor) return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
    const [unit, sign] = units.find(([least]) => size >= least);
    return tidy(value, unit) + sign;
  };
  const money = (value, sign) => (value < 0 ? "−" : "") + sign + short(Math.abs(value));
  const month = (value, style) => {
    const day = new Date(value);
    if (style === "year") return korean ? `${day.getUTCFullYear()}년` : String(day.getUTCFullYear());
    const first = day.getUTCMonth() === 0;
    if (!korean) return day.toLocaleDateString("en-GB", { month: "short", timeZone: "UTC", ...(first ? { year: "numeric" } : {}) });
    return (first ? `${day.getUTCFullYear()}년 ` : "") + `${day.getUTCMonth() + 1}월`;
  };
  const whole = (value) => {
    const day = new Date(value);
    if (!korean) return day.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    return `${day.getUTCFullYear()}년 ${day.getUTCMonth() + 1}월 ${day.getUTCDate()}일`;
  };

  /* On a phone the bars keep most of the room. */
  const labels = (width) => Math.min(180, Math.max(80, width * 0.36));
  const theme = (colours, width) => ({
    background: "transparent",
    aria: false, /* the sentence and the table beside a chart say what it shows, in the reader's language */
    font: "Pretendard Variable, Pretendard, sans-serif",
    customFormatTypes: true,
    numberFormatType: "short", timeFormatType: "month",
    padding: 2,
    view: { stroke: null },
    range: { category: colours.series, ramp: [colours.line, colours.series[0]], heatmap: [colours.line, colours.series[0]], diverging: [colours.series[1], colours.line, colours.series[0]] },
    title: { color: colours.ink, fontSize: 15, fontWeight: 600, anchor: "start", subtitleColor: colours.soft },
    axis: {
      labelColor: colours.soft, titleColor: colours.soft, labelFontSize: 13, titleFontSize: 13, titleFontWeight: 500, labelPadding: 6, titlePadding: 10,
      domain: false, ticks: false, gridColor: colours.line, labelOverlap: true, tickCount: 6,
    },
    axisY: { titleAngle: 0, titleAlign: "left", titleAnchor: "end", titleX: 0, titleY: -12 },
    axisX: { grid: false, domain: true, domainColor: colours.line },
    axisXQuantitative: { grid: true, domain: false },
    axisYTemporal: { grid: false },
    axisBand: { grid: false, labelAngle: 0, labelLimit: labels(width) },
    legend: { labelColor: colours.ink, titleColor: colours.soft, labelFontSize: 13, titleFontSize: 13, titleFontWeight: 500, orient: "top", symbolType: "circle", symbolStrokeWidth: 2.5, columnPadding: 14, rowPadding: 4, offset: 32, labelLimit: 260 },
    mark: { color: colours.series[0] },
    bar: { fill: colours.series[0], cornerRadiusEnd: 3, discreteBandSize: { band: 0.68 } },
    line: { stroke: colours.series[0], strokeWidth: 2.25, strokeJoin: "round", strokeCap: "round" },
    area: { fill: colours.series[0], fillOpacity: 0.18, line: true },
    point: { filled: true, size: 46, fill: colours.series[0] },
    rule: { stroke: colours.strong },
    text: { fill: colours.ink, fontSize: 13 },
    errorbar: { color: colours.ink },
    header: { labelColor: colours.ink, titleColor: colours.soft, labelFontSize: 13 },
  });

  /* Series are also told apart by their dashes, so no meaning hangs on colour alone. */
  const dashed = (spec) => {
    const mark = typeof spec.mark === "string" ? spec.mark : spec.mark?.type;
    const colour = spec.encoding?.color;
    if (mark !== "line" || !colour?.field || spec.encoding.strokeDash) return spec;
    const legend = colour.legend === null ? null : { symbolType: "stroke", symbolSize: 360, symbolStrokeWidth: 2.25, ...colour.legend };
    const dash = { field: colour.field, type: colour.type || "nominal", legend, title: colour.title, sort: colour.sort, scale: { range: [[1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [1, 4], [6, 2, 1, 2]] } };
    return { ...spec, encoding: { ...spec.encoding, color: { ...colour, legend }, strokeDash: dash } }; /* alike, so that they are one legend */
  };
  /* Rows drawn one above the other; the height is counted here, for vega-lite warns of a step beside a width that fits. */
  const rowsOf = (spec, y) => {
    const values = spec.data?.values || spec.layer?.find((part) => part.data?.values)?.data.values;
    const whole = Array.isArray(values) && !spec.transform && !spec.encoding?.yOffset && values.every((row) => y?.field in row);
    return whole ? new Set(values.map((row) => row[y.field])).size : 0;
  };
  const sized = (spec) => {
    const simple = spec.mark || spec.layer;
    const y = [spec, ...(spec.layer || [])].map((part) => part.encoding?.y).find((one) => one?.type);
    const bands = ["nominal", "ordinal"].includes(y?.type) && !y.bin;
    const step = spec.height?.step ?? 34;
    const rows = bands && (spec.height === undefined || spec.height.step) ? rowsOf(spec, y) : 0;
    return {
      ...(simple && spec.width === undefined ? { width: "container" } : {}),
      ...(simple && bands ? { autosize: { type: "fit-x", contains: "padding" } } : {}),
      ...(simple && spec.height === undefined ? { height: bands ? { step } : 260 } : {}),
      ...spec,
      ...(simple && rows ? { height: rows * step } : {}),
    };
  };
  /* Times of the specs are days of the company: drawn as written, never moved by the reader's clock. */
  const asWritten = (node, width) => {
    if (Array.isArray(node)) return node.map((one) => asWritten(one, width));
    if (!node || typeof node !== "object") return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === "values" ? value : asWritten(value, width)]));
    if (copy.type === "temporal" && !copy.scale && !copy.timeUnit) copy.scale = { type: "utc" };
    if (copy.type === "temporal" && copy.axis?.format?.startsWith?.("%")) copy.axis = { ...copy.axis, format: undefined };
    if (copy.axis?.labelLimit && width < 600) copy.axis = { ...copy.axis, labelLimit: Math.min(copy.axis.labelLimit, labels(width)) };
    return copy;
  };

  const draw = async (place) => {
    const held = doc.getElementById(place.dataset.chart);
    if (!held) return;
    try {
      await load();
      const spec = dashed(sized(asWritten(JSON.parse(held.textContent), place.clientWidth)));
      place.vegaView?.finalize();
      const result = await window.vegaEmbed(place, { $schema: "https://vega.github.io/schema/vega-lite/v6.json", ...spec }, {
        ast: true, logLevel: 1, actions: false, renderer: "svg", defaultStyle: false, config: theme(palette(place), place.clientWidth),
        expressionFunctions: { short: (value) => short(value), money: (value, sign) => money(value, sign), month: (value, style) => month(value, style), whole: (value) => whole(value) },
        tooltip: { disableDefaultStyle: true, formatTooltip: (value, clean) => rows(value, clean) },
      });
      place.vegaView = result.view;
      place.querySelector("svg")?.setAttribute("aria-hidden", "true");
    } catch (error) {
      /* The table below the chart holds the same figures. */
      console.error(error);
      place.hidden = true;
      place.parentElement.querySelector("details")?.setAttribute("open", "");
    }
  };
  const rows = (value, clean) => {
    if (typeof value !== "object" || value === null) return clean(value);
    return `<table>${Object.entries(value).map(([key, one]) => `<tr><td class="key">${clean(key)}</td><td>${clean(one)}</td></tr>`).join("")}</table>`;
  };

  const all = () => doc.querySelectorAll("[data-chart]").forEach(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  doc.addEventListener("htmx:load", (event) => { if (event.detail.elt !== doc.body) event.detail.elt.querySelectorAll?.("[data-chart]").forEach(draw); });
  all();
})();
