// Drawing as texts of SVG, without a document, so that the build can draw, too. Colours with a meaning have a shape and a
// dash as well: blue, circles, solid is the search over plans of a simple judge; vermilion, diamonds, dashed the search over
// every policy.

export const INK = "#1c1c1c";
export const QUIET = "#5f5f5f";
export const RM = "#0072b2";
export const DPO = "#d55e00";
export const GREY = "#c9c9c9";
export const GRID = "#e6e6e6";
export const DASH = "9 4";  // of the lines of DPO

export const el = (tag, attributes, content = "") =>
  `<${tag}${Object.entries(attributes).map(([k, v]) => ` ${k}="${typeof v === "number" ? +v.toFixed(2) : v}"`).join("")}>${content}</${tag}>`;
const dashed = (dash) => dash && { "stroke-dasharray": dash };
export const line = (x1, y1, x2, y2, stroke, width = 1, dash = "") =>
  el("line", { x1, y1, x2, y2, stroke, "stroke-width": width, ...dashed(dash) });
export const path = (points, stroke, width = 2, dash = "") =>
  el("polyline", { points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "), fill: "none", stroke, "stroke-width": width, ...dashed(dash) });
// Classes: s small, q quiet, b bold, h with a halo that lifts it off lines, t-rm and t-dpo the two colours.
export const label = (x, y, content, classes = "", anchor = "start") =>
  el("text", { x, y, ...(classes && { class: classes }), ...(anchor !== "start" && { "text-anchor": anchor }) }, content);
export const circle = (x, y, r, more = {}) => el("circle", { cx: x, cy: y, r, fill: RM, ...more });
export const diamond = (x, y, r, more = {}) =>
  el("path", { d: `M${(x - r).toFixed(2)} ${y.toFixed(2)}l${r} ${-r}l${r} ${r}l${-r} ${r}z`, fill: DPO, ...more });
// `step` says when it appears, where an answer is told bit by bit.
export const told = (step, content) => el("g", { class: "told", style: `--k:${step}` }, content);
export const picture = (width, height, name, content, role = "img") =>
  `<svg viewBox="0 0 ${width} ${height}" role="${role}" aria-label="${name}">${content}</svg>`;

export const signed = (v, digits = 0) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(digits);
// As many significant digits as a reader uses.
export const short = (x, digits = 3) => (x === 0 ? "0" : +x >= 10 ** digits ? Math.round(x).toString() : (+x).toPrecision(digits));
export const whole = (n) => (n >= 10000 ? String(Math.round(n)).replace(/(\d)(?=(\d{3})+$)/g, "$1 ") : String(Math.round(n)));
export const three = (n) => whole(+n.toPrecision(3));
export const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
export const table = (head, rows) =>
  `<table><thead><tr>${head.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead><tbody>${rows
    .map((r) => `<tr><th scope="row">${r[0]}</th>${r.slice(1).map((c) => `<td>${c}</td>`).join("")}</tr>`).join("")}</tbody></table>`;

// A scale with logarithms: from [a, b] to [p, q].
export const logScale = (a, b, p, q) => (x) => p + (Math.log(x / a) / Math.log(b / a)) * (q - p);
export const invert = (a, b, p, q) => (y) => a * (b / a) ** ((y - p) / (q - p));

// Heights for labels of one column: as near to those wished for as a distance between them allows.
export function apart(wished, distance) {
  const order = wished.map((y, k) => [y, k]).sort((a, b) => a[0] - b[0]), out = [...wished];
  for (let pass = 0; pass < 20; ++pass)
    for (let i = 1; i < order.length; ++i) {
      const lack = distance - (order[i][0] - order[i - 1][0]);
      if (lack > 0) { order[i][0] += lack / 2; order[i - 1][0] -= lack / 2; }
    }
  for (const [y, k] of order) out[k] = y;
  return out;
}
