() => {
  // WCAG 2.2, 1.4.3: every text that is seen stands 4.5 : 1 against its ground, large text 3 : 1; also texts of charts and names in fields.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, two) => { const [high, low] = [light(one), light(two)].sort((a, b) => b - a); return (high + 0.05) / (low + 0.05); };
  const grounds = new Map();
  const ground = (element) => {
    if (!element) return [255, 255, 255, 1];
    if (!grounds.has(element)) {
      const own = rgba(getComputedStyle(element).backgroundColor);
      grounds.set(element, own[3] === 1 ? own : over(own, ground(element.parentElement)));
    }
    return grounds.get(element);
  };
  const faults = new Map();
  const judge = (element, text, style, colour) => {
    if (element.closest(":disabled, [aria-disabled=true], .only-read, .skip, progress")) return;
    const under = ground(element);
    const found = ratio(over(rgba(colour), under), under);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const key = `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}`;
    if (found < least - 0.02) faults.set(key, `contrast ${found.toFixed(2)}: ${key} “${text.slice(0, 30)}”`);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    if (!text || seen.has(element) || element.closest("script, style, template, noscript")) continue;
    seen.add(element);
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    judge(element, text, style, element.closest("svg") ? style.fill : style.color);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=range], [type=file]), select, textarea"))
    if (field.checkVisibility()) judge(field, field.name, getComputedStyle(field), getComputedStyle(field, field.placeholder ? "::placeholder" : null).color);
  return [...faults.values()];
}
