// Screen 5: two curves over the number of comparisons, to be continued by the learner before the lines are shown.
import { DPO, GRID, INK, RM, circle, diamond, el, label, line, logScale, short, table, whole } from "./draw.js";

// Where the curve of DPO comes to lie below the other: between the last two numbers that it does, in logarithms.
export function crossing(pairs, rm, dpo) {
  const gap = pairs.map((_, k) => Math.log(dpo[k] / rm[k]));
  for (let k = 1; k < gap.length; ++k)
    if (gap[k - 1] > 0 && gap[k] <= 0) {
      const part = gap[k - 1] / (gap[k - 1] - gap[k]);
      return Math.exp(Math.log(pairs[k - 1]) + part * Math.log(pairs[k] / pairs[k - 1]));
    }
  return null;
}

// measured: {rm, dpo: [{estimate, lower, upper} or null]}, theory: {rm, dpo, floor, crossing} or null before the guess.
export function chart({ pairs, measured, theory, guess, interval, narrow }) {
  const W = narrow ? 480 : 1200, right = narrow ? 462 : 970, left = narrow ? 62 : 90, top = 20, floor = narrow ? 400 : 325;
  const low = Math.min(0.0012, ...(theory ? [...theory.rm, ...theory.dpo].map((r) => r * 0.8) : []));
  const X = logScale(500, 16000, left, right), Y = logScale(0.085, low, top, floor);
  let o = "";
  for (const n of narrow ? [500, 1000, 2000, 5000, 10000] : [500, 1000, 2000, 5000, 10000])
    o += line(X(n), top, X(n), floor, GRID) + label(X(n), floor + 22, whole(n), "", "middle");
  for (const r of [0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005])
    if (Y(r) < floor + 1) o += line(left, Y(r), right, Y(r), GRID) + label(left - 8, Y(r) + 5, String(r), "", "end");
  o += label((left + right) / 2, floor + 47, "comparisons n", "", "middle") + label(left, 12, "mean regret");
  if (theory) {
    const path = (values, stroke) =>
      el("polyline", { points: pairs.map((n, k) => `${X(n).toFixed(1)},${Y(values[k]).toFixed(1)}`).join(" "), fill: "none", stroke, "stroke-width": 2 });
    o += path(theory.dpo, DPO) + path(theory.rm, RM);
    if (theory.floor > low) o += line(left, Y(theory.floor), right, Y(theory.floor), RM, 1, "3 5");
    o += label(left + 8, Y(theory.floor) + 19, `never learned: ${theory.floor.toFixed(4)}`, "s t-rm");
  }
  let last = 0;
  pairs.forEach((n, k) => {
    for (const [of, stroke] of [[measured.dpo, DPO], [measured.rm, RM]]) {
      const m = of[k];
      if (!m) continue;
      last = k;
      if (m.upper) o += line(X(n), Y(Math.max(m.lower, low)), X(n), Y(Math.min(m.upper, 0.085)), stroke, 2);
      o += stroke === RM ? circle(X(n), Y(m.estimate), 5.5) : diamond(X(n), Y(m.estimate), 6.5);
    }
  });
  const mark = (n, dash, content, y) => {
    const before = X(n) > right - (narrow ? 120 : 140);
    return line(X(n), top, X(n), floor, INK, 2, dash) + label(X(n) + (before ? -8 : 8), y, content, "", before ? "end" : "start");
  };
  if (guess) o += mark(guess, "2 6", `your guess ${whole(guess)}`, narrow ? 60 : 36);
  if (theory && theory.crossing >= 500 && theory.crossing <= 16000) o += mark(theory.crossing, "", `theory ${whole(+theory.crossing.toPrecision(3))}`, narrow ? 84 : 60);
  if (interval) {
    o += el("rect", { x: X(interval.lower), y: floor - 7, width: X(interval.upper) - X(interval.lower), height: 6, fill: INK, opacity: 0.45 });
    o += circle(X(interval.estimate), floor - 4, 6, { fill: INK });
    o += label(X(interval.lower) - 8, floor - 9, `measured ${whole(+interval.estimate.toPrecision(3))}`, "", "end");
  }
  const tail = { rm: measured.rm[last], dpo: measured.dpo[last] };
  if (tail.rm && tail.dpo) {
    const at = X(pairs[last]), far = narrow && at > 300, x = far ? at - 10 : at + 14, anchor = far ? "end" : "start";
    const apart = tail.rm.estimate > tail.dpo.estimate;
    o += label(x, Y(tail.rm.estimate) + (far ? (apart ? -12 : 24) : 5), "simple RM + RL", "b t-rm", anchor);
    o += label(x, Y(tail.dpo.estimate) + (far ? (apart ? 26 : -14) : 5), "DPO", "b t-dpo", anchor);
  }
  if (!narrow) {
    const says = theory ? ["lines: predicted before any", "data; points: measured,", "bars: 95 % intervals"]
      : ["three measurements so far;", "continue the two curves", "in your mind, then guess"];
    says.forEach((t, k) => (o += label(990, 50 + 20 * k, t, "s q")));
  }
  return `<svg viewBox="0 0 ${W} ${floor + 56}" role="img" aria-label="Mean regret of both ways over the number of comparisons, with logarithmic axes">${o}</svg>`;
}

export function numbers({ pairs, measured, theory }) {
  const cell = (m) => (m ? short(m.estimate) + (m.upper ? ` [${short(m.lower)}, ${short(m.upper)}]` : "") : "");
  return table(["comparisons", "simple RM + RL", "DPO", ...(theory ? ["theory: RM + RL", "theory: DPO"] : [])],
               pairs.map((n, k) => [whole(n), cell(measured.rm[k]), cell(measured.dpo[k]), ...(theory ? [short(theory.rm[k]), short(theory.dpo[k])] : [])]));
}
