// Screen 2: the ratio of mean regrets over the length of a walk; the learner guesses one of them.
import { DPO, GRID, INK, QUIET, circle, diamond, el, invert, label, line, logScale, path, picture, table, told } from "./draw.js";

export const STEPS = [1, 2, 3, 4, 6];
export const freeDifferences = (H) => 2 * H * (H - 1);

const RANGE = [13, 0.8];
const frame = (narrow) => ({ W: narrow ? 400 : 780, left: 60, top: 28, floor: narrow ? 320 : 262 });
// The guess that a height in the picture stands for, in halves.
export function guessAt(y, narrow) {
  const { top, floor } = frame(narrow);
  return Math.min(12, Math.max(1, Math.round(2 * invert(...RANGE, top, floor)(y)) / 2));
}

// ratio: [{estimate, lower, upper}], theory: [number]; `guess` 0 is none. Before `open` two of them are shown.
export function chart({ ratio, theory, guess, open, narrow }) {
  const { W, left, top, floor } = frame(narrow), right = W - 24;
  const X = (h) => left + 20 + ((h - 1) / 5) * (right - left - 50), Y = logScale(...RANGE, top, floor);
  let o = "", words = "";
  for (const r of [1, 2, 3, 5, 10]) o += line(left, Y(r), right, Y(r), r === 1 ? QUIET : GRID) + label(left - 10, Y(r) + 5, `${r} ×`, "", "end");
  for (const h of STEPS) o += label(X(h), floor + 22, h, "", "middle");
  o += label((left + right) / 2, floor + 44, "steps of a walk, H", "", "middle") + label(left, 14, "DPO's regret over the reward model's");
  if (open) o += told(0, path(STEPS.map((h, k) => [X(h), Y(theory[k])]), INK));
  STEPS.slice(0, open ? STEPS.length : 2).forEach((h, k) => {
    const m = ratio[k];
    let point = h > 1 ? line(X(h), Y(m.lower), X(h), Y(Math.min(m.upper, 12)), DPO, 2) : "";
    point += h === 1 ? circle(X(h), Y(1), 7) + diamond(X(h), Y(1), 6, { stroke: "#fff" }) : diamond(X(h), Y(m.estimate), 8, { stroke: "#fff" });
    point += h === 1 ? label(X(h) + 14, Y(1) + 20, "exactly 1", "b h t-dpo") : label(X(h) - 13, Y(m.estimate) - 9, m.estimate.toFixed(2), "b h t-dpo", "end");
    o += h > 2 ? told(k, point) : point;
  });
  // Beside its line, or where the curve passes there, below it.
  if (guess) {
    const at = Y(guess), clear = Math.abs(at - Y(theory[3])) > 34 || !open;
    o += line(X(4) - 26, at, X(4) + 26, at, INK, 3, "2 5") + el("circle", { cx: X(4), cy: at, r: 9, fill: "none", stroke: INK, "stroke-width": 2.5, "stroke-dasharray": "2 4" });
    words = guess > 6.5 ? label(X(4) - 34, at + 5, `your guess ${guess}`, "h", "end") : clear ? label(X(4) + 34, at + 5, `your guess ${guess}`, "h") : label(X(4) + 14, Math.max(at, Y(theory[3])) + 34, `your guess ${guess}`, "h");
  } else if (!open) {
    words = label(X(4), Y(3.2), "your guess?", "q", "middle") + line(X(4), top, X(4), floor, QUIET, 1.5, "2 6");
  }
  return picture(W, floor + 54, "Ratio of mean regrets over the length of a walk, with theory's line", o + words);
}

export const numbers = ({ ratio, theory }) =>
  table(["steps", "differences that can be invented", "measured ratio", "95 % interval", "predicted"],
        STEPS.map((h, k) => [h, freeDifferences(h), h === 1 ? "1 (every data set)" : ratio[k].estimate.toFixed(2),
                             h === 1 ? "" : `${ratio[k].lower.toFixed(2)} to ${ratio[k].upper.toFixed(2)}`, theory[k].toFixed(2)]));

// Walks of H steps as a bundle: each edge as wide as walks run through it.
export function bundle(H) {
  const memo = {};
  const count = (h, x) => (Math.abs(x) > h ? 0 : h === 0 ? 1 : (memo[`${h},${x}`] ??= [-1, 0, 1].reduce((s, d) => s + count(h - 1, x - d), 0)));
  const step = 250 / H, y = (x) => 132 - x * (120 / Math.max(H, 2)), most = 3 ** (H - 1);
  let o = "";
  for (let h = 0; h < H; ++h)
    for (let x = -h; x <= h; ++x)
      for (const d of [-1, 0, 1])
        o += line(30 + h * step, y(x), 30 + (h + 1) * step, y(x + d), "#9a9a9a", Math.max(1, (16 * count(h, x) * 3 ** (H - 1 - h)) / most / Math.sqrt(H)));
  for (let h = 0; h <= H; ++h) for (let x = -h; x <= h; ++x) o += circle(30 + h * step, y(x), H > 4 ? 3.5 : 5, { fill: "#fff", stroke: INK, "stroke-width": 2 });
  for (let x = -H; x <= H; ++x)
    if (count(H, x) > 1 || H === 1) o += label(292, y(x) + 5, count(H, x), "s t-dpo");
  return picture(330, 268, `All ${3 ** H} walks of ${H} steps to ${2 * H + 1} ends; the numbers say how many lead to each`, o);
}
