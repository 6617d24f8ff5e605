// Screen 6: who wins, over comparisons and the size of the mistake; the learner draws the border first.
import { INK, circle, diamond, el, label, line, table, whole } from "./draw.js";

// Who wins in a cell, once its interval is on one side of 1: "rm", "dpo" or null.
export const winner = (m) => (m.estimate === null ? null : m.lower > 1 ? "rm" : m.upper !== null && m.upper < 1 ? "dpo" : null);

const said2 = (m) => (m.estimate === null ? "none" : m.estimate.toFixed(2)); // a field with a data set without estimate

// ratio: [mistake][pairs] estimates of DPO over RM; border: string of digits, one for each mistake: so many cells from
// the left belong to the reward model. crossing: theory's number of comparisons for each mistake.
export function chart({ pairs, mistakes, ratio, border, crossing, shown, narrow }) {
  const size = narrow ? 50 : 76, height = narrow ? 50 : 50, left = 96, top = 8, W = left + size * 8 + 8, floor = top + height * 8;
  let o = el("defs", {}, el("pattern", { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line(0, 0, 0, 8, "#8a8a8a", 3)));
  mistakes.forEach((mistake, i) => {
    const y = floor - height * (i + 1);
    o += label(left - 10, y + height / 2 + 5, mistake, "", "end");
    pairs.forEach((n, k) => {
      const m = ratio[i][k], who = winner(m), x = left + size * k;
      const fill = !shown ? "#f6f6f6" : who === "rm" ? "#b9dcf0" : who === "dpo" ? "#f9d2b8" : "url(#hatch)";
      const said = shown ? `${who === "rm" ? "reward model ahead" : who === "dpo" ? "DPO ahead" : "undecided"}, ratio ${said2(m)}` : k < +border[i] ? "your guess: reward model" : "your guess: DPO";
      const mark = shown && who ? (who === "rm" ? circle(x + size / 2, y + height / 2, 5) : diamond(x + size / 2, y + height / 2, 6)) : "";
      o += el("g", { role: "button", tabindex: i === 0 && k === 0 ? 0 : -1, "data-cell": `${i},${k}`, "aria-label": `mistake ${mistake}, ${n} comparisons: ${said}` },
              el("rect", { x: x + 1, y: y + 1, width: size - 2, height: height - 2, fill, stroke: "#d0d0d0" }) + mark);
    });
  });
  const edge = mistakes.map((_, i) => [left + size * +border[i], floor - height * (i + 1)]);
  o += el("path", { d: edge.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y + height}L${x} ${y}`).join(""), fill: "none", stroke: INK, "stroke-width": 3, "stroke-dasharray": "3 6" });
  if (shown) {
    const X = (n) => { // between the centres of the columns, in logarithms
      const l = Math.log(n), at = pairs.map(Math.log);
      let k = at.findIndex((v) => v > l);
      k = k < 0 ? at.length - 1 : Math.max(1, k);
      return left + size * (k - 0.5 + (l - at[k - 1]) / (at[k] - at[k - 1]));
    };
    const points = mistakes.map((_, i) => [crossing[i], floor - height * (i + 0.5)]).filter(([n]) => n).map(([n, y]) => [Math.min(left + size * 8, Math.max(left, X(n))), y]);
    o += el("polyline", { points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "), fill: "none", stroke: INK, "stroke-width": 3 });
  }
  pairs.forEach((n, k) => { if (!narrow || k % 2 === 0) o += label(left + size * (k + 0.5), floor + 22, whole(n), "", "middle"); });
  o += label(left + size * 4, floor + 46, "comparisons n", "", "middle");
  o += el("text", { x: 0, y: 0, transform: `translate(18 ${top + height * 4}) rotate(-90)`, "text-anchor": "middle" }, "size of the mistake");
  return `<svg viewBox="0 0 ${W} ${floor + 56}" role="group" aria-label="Map: each cell is a number of comparisons and a size of the mistake">${o}</svg>`;
}

export const numbers = ({ pairs, mistakes, ratio }) =>
  table(["mistake \\ n", ...pairs.map(whole)], mistakes.map((m, i) => [m, ...ratio[i].map((c) => `${said2(c)}${winner(c) ? "" : " ?"}`)]));
