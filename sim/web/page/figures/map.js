// Screen 6: who wins, over comparisons and the size of the mistake; the learner draws the border first.
import { INK, circle, diamond, el, label, line, path, picture, table, told, whole } from "./draw.js";

// Who wins in a field, once its interval is on one side of 1: "rm", "dpo" or null.
export const winner = (m) => (m.estimate === null ? null : m.lower > 1 ? "rm" : m.upper !== null && m.upper < 1 ? "dpo" : null);

const ratioOf = (m) => (m.estimate === null ? "none" : m.estimate.toFixed(2)); // a field with a data set without estimate

// Another border, after a click on field k of row i: that field is the first of DPO's, or once more, the reward model's last.
export const moved = (border, i, k) => border.slice(0, i) + (border[i] === String(k) ? k + 1 : k) + border.slice(i + 1);

// ratio: [mistake][pairs] estimates of DPO over RM; border: for each mistake a digit, so many fields from the left are the
// reward model's, or - where nobody has chosen; crossing: theory's number of comparisons for each mistake.
export function chart({ pairs, mistakes, ratio, border, crossing, open, narrow }) {
  const size = narrow ? 39 : 76, height = narrow ? 42 : 49, left = narrow ? 74 : 96, top = 6, W = left + size * 8 + 8, floor = top + height * 8;
  let o = el("defs", {}, el("pattern", { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line(0, 0, 0, 8, "#8a8a8a", 3)));
  mistakes.forEach((mistake, i) => {
    const y = floor - height * (i + 1);
    o += label(left - 10, y + height / 2 + 5, mistake, "", "end");
    pairs.forEach((n, k) => {
      const m = ratio[i][k], who = winner(m), x = left + size * k, mine = border[i] === "-" ? "no guess yet" : k < +border[i] ? "your guess: reward model" : "your guess: DPO";
      const fill = !open ? "#f6f6f6" : who === "rm" ? "#b9dcf0" : who === "dpo" ? "#f9d2b8" : "url(#hatch)";
      const said = open ? `${who === "rm" ? "reward model ahead" : who === "dpo" ? "DPO ahead" : "undecided"}, ratio ${ratioOf(m)}` : mine;
      const mark = open && who ? (who === "rm" ? circle(x + size / 2, y + height / 2, 5) : diamond(x + size / 2, y + height / 2, 6)) : "";
      o += el("g", { role: "button", tabindex: i === 0 && k === 0 ? 0 : -1, "data-field": `${i},${k}`, "aria-label": `mistake ${mistake}, ${n} comparisons: ${said}` },
              el("rect", { x: x + 1, y: y + 1, width: size - 2, height: height - 2, fill, stroke: "#d0d0d0" }) + mark);
    });
  });
  // The border: upright in the rows that have one, and across where two of them meet.
  let edge = "";
  mistakes.forEach((_, i) => {
    if (border[i] === "-") return;
    const x = left + size * +border[i], y = floor - height * (i + 1), below = i && border[i - 1] !== "-";
    edge += below ? `L${x} ${y + height}L${x} ${y}` : `M${x} ${y + height}L${x} ${y}`;
  });
  o += el("path", { d: edge || "M0 0", fill: "none", stroke: INK, "stroke-width": 3, "stroke-dasharray": "3 6" });
  if (open) {
    const X = (n) => { // between the centres of the columns, in logarithms
      const l = Math.log(n), at = pairs.map(Math.log);
      let k = at.findIndex((v) => v > l);
      k = k < 0 ? at.length - 1 : Math.max(1, k);
      return left + size * (k - 0.5 + (l - at[k - 1]) / (at[k] - at[k - 1]));
    };
    const points = mistakes.map((_, i) => [crossing[i], floor - height * (i + 0.5)]).filter(([n]) => n).map(([n, y]) => [Math.min(left + size * 8, Math.max(left, X(n))), y]);
    o += told(0, path(points, INK, 3));
  }
  pairs.forEach((n, k) => { if (!narrow || k % 2 === 0) o += label(left + size * (k + 0.5), floor + 20, whole(n), "", "middle"); });
  o += label(left + size * 4, floor + 42, "comparisons n", "", "middle");
  o += el("text", { x: 0, y: 0, transform: `translate(${narrow ? 14 : 18} ${top + height * 4}) rotate(-90)`, "text-anchor": "middle" }, "size of the mistake");
  return picture(W, floor + 50, "Map: each field is a number of comparisons and a size of the mistake", o, "group");
}

export const numbers = ({ pairs, mistakes, ratio }) =>
  table(["mistake \\ n", ...pairs.map(whole)], mistakes.map((m, i) => [m, ...ratio[i].map((c) => `${ratioOf(c)}${winner(c) ? "" : " ?"}`)]));
