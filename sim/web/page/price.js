// Screen 2: the ratio of mean regrets over the length of a walk; the learner guesses one of them.
import { DPO, GRID, INK, QUIET, el, label, line, logScale, diamond, circle, table } from "./draw.js";

export const STEPS = [1, 2, 3, 4, 6];
export const freeDifferences = (H) => 2 * H * (H - 1);

// ratio: [{estimate, lower, upper}], theory: [number]; `known` of them are shown, the rest is for the guess.
export function chart({ ratio, theory, guess, told, narrow }) {
  const W = narrow ? 480 : 780, left = 60, right = W - 24, top = 26, floor = narrow ? 360 : 320;
  const X = (h) => left + 20 + ((h - 1) / 5) * (right - left - 50), Y = logScale(13, 0.8, top, floor);
  let o = "";
  for (const r of [1, 2, 3, 5, 10]) o += line(left, Y(r), right, Y(r), r === 1 ? QUIET : GRID) + label(left - 10, Y(r) + 5, `${r} ×`, "", "end");
  for (const h of STEPS) o += label(X(h), floor + 24, h, "", "middle");
  o += label((left + right) / 2, floor + 48, "steps of a walk, H", "", "middle") + label(left, 14, "regret of DPO over that of the reward model");
  const shown = told ? STEPS.length : 2;
  if (told) o += el("polyline", { points: STEPS.map((h, k) => `${X(h).toFixed(1)},${Y(theory[k]).toFixed(1)}`).join(" "), fill: "none", stroke: INK, "stroke-width": 2 });
  STEPS.slice(0, shown).forEach((h, k) => {
    const m = ratio[k];
    if (h > 1) o += line(X(h), Y(m.lower), X(h), Y(Math.min(m.upper, 12)), DPO, 2);
    o += h === 1 ? circle(X(h), Y(1), 7) + diamond(X(h), Y(1), 6, { stroke: "#fff" }) : diamond(X(h), Y(m.estimate), 8, { stroke: "#fff" });
    o += h === 1 ? label(X(h) + 14, Y(1) + 22, "exactly 1", "b t-dpo") : label(X(h) - 13, Y(m.estimate) - 9, m.estimate.toFixed(2), "b t-dpo", "end");
  });
  o += line(X(4) - 22, Y(guess), X(4) + 22, Y(guess), INK, 3, "2 5");
  o += label(X(4) + 28, Y(guess) + 5, `your guess ${guess}`);
  return `<svg viewBox="0 0 ${W} ${floor + 58}" role="img" aria-label="Ratio of mean regrets over the length of a walk, with theory's line">${o}</svg>`;
}

export const numbers = ({ ratio, theory }) =>
  table(["steps", "differences that can be invented", "measured ratio", "95 % interval", "predicted"],
        STEPS.map((h, k) => [h, freeDifferences(h), h === 1 ? "1 (every data set)" : ratio[k].estimate.toFixed(2),
                             h === 1 ? "" : `${ratio[k].lower.toFixed(2)} to ${ratio[k].upper.toFixed(2)}`, theory[k].toFixed(2)]));

// Walks of H steps as a bundle: each edge as wide as walks run through it.
export function bundle(H) {
  const W = 330;
  const count = (h, x) => (Math.abs(x) > h ? 0 : h === 0 ? 1 : (memo[`${h},${x}`] ??= [-1, 0, 1].reduce((s, d) => s + count(h - 1, x - d), 0)));
  const memo = {};
  const step = 250 / H, y = (x) => 155 - x * (140 / Math.max(H, 2)), most = 3 ** (H - 1);
  let o = "";
  for (let h = 0; h < H; ++h)
    for (let x = -h; x <= h; ++x)
      for (const d of [-1, 0, 1])
        o += line(30 + h * step, y(x), 30 + (h + 1) * step, y(x + d), "#9a9a9a", Math.max(1, (16 * count(h, x) * 3 ** (H - 1 - h)) / most / Math.sqrt(H)));
  for (let h = 0; h <= H; ++h) for (let x = -h; x <= h; ++x) o += circle(30 + h * step, y(x), H > 4 ? 3.5 : 5, { fill: "#fff", stroke: INK, "stroke-width": 2 });
  for (let x = -H; x <= H; ++x)
    if (count(H, x) > 1 || H === 1) o += label(292, y(x) + 5, count(H, x), "s t-dpo");
  return `<svg viewBox="0 0 ${W} 330" role="img" aria-label="All ${3 ** H} walks of ${H} steps to ${2 * H + 1} ends; the numbers say how many lead to each">${o}${label(30, 324, `${3 ** H} walks, ${2 * H + 1} ends`, "s")}</svg>`;
}
