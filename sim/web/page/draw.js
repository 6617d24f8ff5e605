// Drawing as texts of SVG, without a document, so that the build can draw, too. Colours with a meaning have a shape as
// well: a blue circle is the search over plans of a simple judge, a vermilion diamond the search over every policy.

export const INK = "#1c1c1c", QUIET = "#5f5f5f", RM = "#0072b2", DPO = "#d55e00", GREY = "#c9c9c9", GRID = "#e6e6e6";

export const el = (tag, attributes, content = "") =>
  `<${tag}${Object.entries(attributes).map(([k, v]) => ` ${k}="${typeof v === "number" ? +v.toFixed(2) : v}"`).join("")}>${content}</${tag}>`;
export const line = (x1, y1, x2, y2, stroke, width = 1, dash = "") =>
  el("line", { x1, y1, x2, y2, stroke, "stroke-width": width, ...(dash && { "stroke-dasharray": dash }) });
export const label = (x, y, content, classes = "", anchor = "start") =>
  el("text", { x, y, ...(classes && { class: classes }), ...(anchor !== "start" && { "text-anchor": anchor }) }, content);
export const circle = (x, y, r, more = {}) => el("circle", { cx: x, cy: y, r, fill: RM, ...more });
export const diamond = (x, y, r, more = {}) =>
  el("path", { d: `M${(x - r).toFixed(2)} ${y.toFixed(2)}l${r} ${-r}l${r} ${r}l${-r} ${r}z`, fill: DPO, ...more });

export const signed = (v, digits = 0) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(digits);
// As many significant digits as a reader uses.
export const short = (x, digits = 3) => (x === 0 ? "0" : +x >= 10 ** digits ? Math.round(x).toString() : (+x).toPrecision(digits));
export const whole = (n) => (n >= 10000 ? String(Math.round(n)).replace(/(\d)(?=(\d{3})+$)/g, "$1 ") : String(Math.round(n)));
export const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
export const table = (head, rows) =>
  `<table><thead><tr>${head.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead><tbody>${rows
    .map((r) => `<tr><th scope="row">${r[0]}</th>${r.slice(1).map((c) => `<td>${c}</td>`).join("")}</tr>`).join("")}</tbody></table>`;

// A scale with logarithms: from [a, b] to [p, q].
export const logScale = (a, b, p, q) => {
  const f = (x) => p + ((Math.log10(x) - Math.log10(a)) / (Math.log10(b) - Math.log10(a))) * (q - p);
  f.invert = (y) => 10 ** (Math.log10(a) + ((y - p) / (q - p)) * (Math.log10(b) - Math.log10(a)));
  return f;
};
