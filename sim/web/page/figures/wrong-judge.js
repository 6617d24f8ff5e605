// Screen 5: two curves over the number of comparisons, to be continued by the learner before the lines are shown.
import { DASH, DPO, GRID, INK, RM, apart, circle, diamond, el, invert, label, line, logScale, path, picture, short, table, three, told, whole } from "./draw.js";

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

const RANGE = [500, 16000];
const frame = (narrow) => ({ W: narrow ? 400 : 1200, left: narrow ? 66 : 90, right: narrow ? 386 : 970, top: narrow ? 44 : 20, floor: narrow ? 380 : 308 });
export const nearby = (n) => { const digit = 10 ** Math.floor(Math.log10(n) - 1); return Math.min(RANGE[1], Math.max(RANGE[0], Math.round(n / digit) * digit)); };
// The guess that a place in the picture stands for.
export function guessAt(x, narrow) {
  const { left, right } = frame(narrow);
  return nearby(invert(...RANGE, left, right)(x));
}

// measured: {rm, dpo: [{estimate, lower, upper} or null]}, theory: {rm, dpo, floor, crossing} or null before the guess;
// guess: 0 for none; at: where the curves of what is measured cross, {estimate, lower, upper} or null.
export function chart({ pairs, measured, theory, guess, at, narrow }) {
  const { W, left, right, top, floor } = frame(narrow);
  const low = Math.min(0.0012, ...(theory ? [...theory.rm, ...theory.dpo, theory.floor].map((r) => r * 0.8) : []));
  const X = logScale(...RANGE, left, right), Y = logScale(0.085, low, top, floor), held = (r) => Y(Math.min(0.085, Math.max(low, r)));
  let o = "", words = "";
  for (const n of [500, 1000, 2000, 5000, 10000]) o += line(X(n), top, X(n), floor, GRID) + label(X(n), floor + 22, whole(n), "", "middle");
  for (const r of [0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002])
    if (Y(r) < floor + 1) o += line(left, Y(r), right, Y(r), GRID) + label(left - 8, Y(r) + 5, String(r), "", "end");
  o += label((left + right) / 2, floor + 44, "comparisons n", "", "middle") + label(left, narrow ? 36 : 12, "mean regret");
  if (theory)
    o += told(0, path(pairs.map((n, k) => [X(n), Y(theory.dpo[k])]), DPO, 2, DASH) + path(pairs.map((n, k) => [X(n), Y(theory.rm[k])]), RM) +
                 line(left, Y(theory.floor), right, Y(theory.floor), RM, 1.5, "2 5"));
  let last = 0;
  pairs.forEach((n, k) => {
    let point = "";
    for (const [of, stroke] of [[measured.dpo, DPO], [measured.rm, RM]]) {
      const m = of[k];
      if (!m) continue;
      last = k;
      if (m.upper) point += line(X(n), held(m.lower), X(n), held(m.upper), stroke, 2);
      point += stroke === RM ? circle(X(n), held(m.estimate), 5.5) : diamond(X(n), held(m.estimate), 6.5);
    }
    o += k > 2 ? told(2, point) : point;
  });
  // Vertical lines: each has a height of its own for its words.
  const mark = (n, dash, content, row) => {
    const y = top + 18 + 22 * row;
    if (n > RANGE[1]) return label(right - 6, y, `${content} →`, "h", "end");
    const before = X(n) > right - (narrow ? 150 : 160);
    words += label(X(n) + (before ? -8 : 8), y, content, "h", before ? "end" : "start");
    return line(X(n), top, X(n), floor, INK, 2, dash);
  };
  if (guess) o += mark(guess, "2 6", `your guess ${whole(guess)}`, 0);
  if (theory) o += mark(theory.crossing, "", `theory ${three(theory.crossing)}`, 1);
  if (at) {
    if (at.lower) o += el("rect", { x: X(at.lower), y: floor - 7, width: X(at.upper) - X(at.lower), height: 6, fill: INK, opacity: 0.45 });
    o += circle(X(at.estimate), floor - 4, 6, { fill: INK });
    const edge = X(at.lower ?? at.estimate) - 12, fits = edge > left + 130;
    words += label(fits ? edge : X(at.upper ?? at.estimate) + 12, floor - 9, `measured ${three(at.estimate)}`, "h", fits ? "end" : "start");
  }
  // What the curves are called: beside their ends, or where the screen is narrow above the picture.
  const ends = theory ? [theory.rm.at(-1), theory.dpo.at(-1), theory.floor] : [measured.rm[last]?.estimate, measured.dpo[last]?.estimate];
  const floorName = theory && `never learned ${theory.floor.toPrecision(2)}`;
  if (narrow) words += label(left, 14, "● simple RM + RL", "b t-rm") + label(left + 178, 14, "◆ DPO", "b t-dpo") + (theory ? label(right, 36, `┄ ${floorName}`, "s t-rm", "end") : "");
  else if (ends.every(Boolean)) {
    const x = theory ? right + 14 : X(pairs[last]) + 14, y = apart(ends.map(Y), 21);
    words += label(x, y[0] + 5, "simple RM + RL", "b h t-rm") + label(x, y[1] + 5, "DPO", "b h t-dpo") + (theory ? label(x, y[2] + 5, floorName, "s t-rm") : "");
    const says = theory ? ["lines: predicted before", "any data; points: measured,", "bars: 95 % intervals"]
      : ["three measurements so far;", "continue the two curves", "in your mind, then guess"];
    if (Math.min(...y) > top + 90 || !theory) says.forEach((t, k) => (words += label(right + 14, top + 14 + 20 * k, t, "s q")));
  }
  return picture(W, floor + 52, "Mean regret of both ways over the number of comparisons, with logarithmic axes", o + words);
}

export function numbers({ pairs, measured, theory }) {
  const cell = (m) => (m ? short(m.estimate) + (m.upper ? ` [${short(m.lower)}, ${short(m.upper)}]` : "") : "");
  return table(["comparisons", "simple RM + RL", "DPO", ...(theory ? ["theory: RM + RL", "theory: DPO"] : [])],
               pairs.map((n, k) => [whole(n), cell(measured.rm[k]), cell(measured.dpo[k]), ...(theory ? [short(theory.rm[k]), short(theory.dpo[k])] : [])]));
}
