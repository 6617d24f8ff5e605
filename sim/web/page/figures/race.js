// Screen 4: both curves over the number of comparisons, and the same turned: the comparisons that a regret needs.
import { DASH, DPO, GRID, INK, RM, circle, diamond, el, label, line, logScale, mean, path, picture, short, table, whole } from "./draw.js";

// Comparisons at which a falling curve comes to `regret`, in logarithms; null outside.
export function needed(pairs, curve, regret) {
  for (let k = 1; k < pairs.length; ++k)
    if (curve[k - 1] >= regret && curve[k] <= regret) {
      const part = Math.log(curve[k - 1] / regret) / Math.log(curve[k - 1] / curve[k]);
      return Math.exp(Math.log(pairs[k - 1]) + part * Math.log(pairs[k] / pairs[k - 1]));
    }
  return null;
}

// runs: [replicate][point][arm] so far; mean and a band of two standard errors.
export function summary(runs, points) {
  const of = (arm) => points.map((_, p) => {
    const v = runs.map((run) => run[p][arm]), m = mean(v);
    const error = v.length > 1 ? Math.sqrt(v.reduce((s, x) => s + (x - m) ** 2, 0) / (v.length - 1) / v.length) : m;
    return { estimate: m, lower: Math.max(m - 1.96 * error, m / 6), upper: m + 1.96 * error };
  });
  return { rm: of(0), dpo: of(1) };
}

export const LEVEL = 0.1;  // the regret at which comparisons are counted

// `guess`: so many times the comparisons, 0 for none.
export function chart({ pairs, curves, guess, narrow, turned }) {
  const W = narrow ? 400 : 1200, left = narrow ? 58 : 90, right = narrow ? 384 : 970, top = 20, floor = narrow ? 340 : 300;
  const N = logScale(45, 3600, turned ? floor : left, turned ? top : right), R = logScale(0.65, 0.004, turned ? left : top, turned ? right : floor);
  const at = (n, r) => (turned ? [R(r), N(n)] : [N(n), R(r)]);
  const ns = [50, 100, 200, 500, 1000, 2000], rs = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005];
  const said = (v) => (v < 1 ? v : whole(v));
  let o = "", words = "";
  for (const v of turned ? rs : ns) { const x = turned ? R(v) : N(v); o += line(x, top, x, floor, GRID) + label(x, floor + 22, said(v), "", "middle"); }
  for (const v of turned ? ns : rs) { const y = turned ? N(v) : R(v); o += line(left, y, right, y, GRID) + label(left - 8, y + 5, said(v), "", "end"); }
  o += label((left + right) / 2, floor + 44, turned ? "mean regret that is wanted" : "comparisons n", "", "middle");
  o += label(left, 12, turned ? "comparisons needed" : "mean regret");
  const name = "Mean regret of both ways over comparisons, with 95 percent bands";
  if (!curves) return picture(W, floor + 52, "Empty axes", o + label((left + right) / 2, 160, guess ? "“One more” draws a data set" : "guess first", "q", "middle"));
  const inside = (n, r) => at(n, Math.min(0.65, Math.max(0.004, r)));
  for (const [of, fill, dash] of [["dpo", DPO, DASH], ["rm", RM, ""]]) {
    const c = curves[of];
    const ring = [...pairs.map((n, k) => inside(n, c[k].upper)), ...pairs.map((n, k) => inside(n, c[k].lower)).reverse()];
    o += el("polygon", { points: ring.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "), fill, opacity: 0.16 });
    o += path(pairs.map((n, k) => inside(n, c[k].estimate)), fill, 2, dash);
    pairs.forEach((n, k) => { const [x, y] = inside(n, c[k].estimate); o += of === "rm" ? circle(x, y, 5.5) : diamond(x, y, 6.5); });
  }
  const a = needed(pairs, curves.rm.map((m) => m.estimate), LEVEL), b = needed(pairs, curves.dpo.map((m) => m.estimate), LEVEL);
  if (a && b) {
    const [x1, y1] = at(a, LEVEL), [x2, y2] = at(b, LEVEL), times = `× ${(b / a).toFixed(1)}`;
    o += line(x1, y1, x2, y2, INK, 3) + el("path", { d: turned ? `M${x2} ${y2}l-6 11l12 0z` : `M${x2} ${y2}l-11 -6l0 12z`, fill: INK });
    words += turned ? label(x1 - 12, (y1 + y2) / 2 + 5, times, "b h", "end") : label((x1 + x2) / 2, y1 - 10, times, "b h", "middle");
    if (guess) {
      const [x3, y3] = at(Math.min(3600, a * guess), LEVEL), off = turned ? [18, 0] : [0, 18], tick = turned ? [5, 0] : [0, 5];
      o += line(x1 + off[0], y1 + off[1], x3 + off[0], y3 + off[1], INK, 3, "2 5") + line(x3 + off[0] - tick[0], y3 + off[1] - tick[1], x3 + off[0] + tick[0], y3 + off[1] + tick[1], INK, 2);
      words += turned ? label(x1 + 30, Math.min(y1, y3) + 4, `your guess × ${guess}`, "s h") : label(x1 + 4, y1 + 40, `your guess × ${guess}`, "s h");
    }
  }
  const end = (of) => inside(pairs.at(-1), curves[of].at(-1).estimate), [xr, yr] = end("rm"), [xd, yd] = end("dpo");
  if (narrow || turned)
    words += label(right, top + 16, "● simple RM + RL", "b h t-rm", "end") + label(right, top + 38, "◆ DPO", "b h t-dpo", "end");
  else words += label(xr + 14, yr + 6, "simple RM + RL", "b h t-rm") + label(xd + 14, yd + 4, "DPO", "b h t-dpo");
  return picture(W, floor + 52, name, o + words);
}

export const numbers = (pairs, curves) =>
  table(["comparisons", "simple RM + RL", "DPO", "ratio"],
        pairs.map((n, k) => [whole(n), ...["rm", "dpo"].map((of) => `${short(curves[of][k].estimate)} [${short(curves[of][k].lower)}, ${short(curves[of][k].upper)}]`),
                             (curves.dpo[k].estimate / curves.rm[k].estimate).toFixed(2)]));
