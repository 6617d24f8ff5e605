// Screen 4: both curves over the number of comparisons, and the same turned: the comparisons that a regret needs.
import { DPO, GRID, INK, RM, circle, diamond, el, label, line, logScale, mean, short, table, whole } from "./draw.js";

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

export function chart({ pairs, curves, level, narrow, turned }) {
  const W = narrow ? 480 : 1200, left = narrow ? 66 : 90, right = narrow ? 460 : 970, top = 20, floor = narrow ? 360 : 340;
  const N = logScale(45, 3600, turned ? floor : left, turned ? top : right), R = logScale(turned ? 0.6 : 0.6, 0.004, turned ? left : top, turned ? right : floor);
  const at = (n, r) => (turned ? [R(r), N(n)] : [N(n), R(r)]);
  const ns = [50, 100, 200, 500, 1000, 2000], rs = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005];
  let o = "";
  for (const v of turned ? rs : ns) { const x = turned ? R(v) : N(v); o += line(x, top, x, floor, GRID) + label(x, floor + 22, whole(v) === "0" ? v : v < 1 ? v : whole(v), "", "middle"); }
  for (const v of turned ? ns : rs) { const y = turned ? N(v) : R(v); o += line(left, y, right, y, GRID) + label(left - 8, y + 5, v < 1 ? v : whole(v), "", "end"); }
  o += label((left + right) / 2, floor + 46, turned ? "mean regret that is wanted" : "comparisons n", "", "middle");
  o += label(left, 12, turned ? "comparisons needed" : "mean regret");
  if (!curves) return `<svg viewBox="0 0 ${W} ${floor + 54}" role="img" aria-label="Empty axes: press a button to draw data sets">${o}${label((left + right) / 2, 180, "press “One more”: a world, and data for both", "q", "middle")}</svg>`;
  const point = (n, r) => at(n, Math.min(0.6, Math.max(0.004, r))).map((v) => v.toFixed(1)).join(",");
  for (const [of, fill] of [["dpo", DPO], ["rm", RM]]) {
    const c = curves[of];
    const ring = [...pairs.map((n, k) => point(n, c[k].upper)), ...pairs.map((n, k) => point(n, c[k].lower)).reverse()].join(" ");
    o += el("polygon", { points: ring, fill, opacity: 0.16 });
    o += el("polyline", { points: pairs.map((n, k) => point(n, c[k].estimate)).join(" "), fill: "none", stroke: fill, "stroke-width": 2 });
    pairs.forEach((n, k) => { const [x, y] = at(n, c[k].estimate); o += of === "rm" ? circle(x, y, 5.5) : diamond(x, y, 6.5); });
  }
  const a = needed(pairs, curves.rm.map((m) => m.estimate), level), b = needed(pairs, curves.dpo.map((m) => m.estimate), level);
  if (a && b) {
    const [x1, y1] = at(a, level), [x2, y2] = at(b, level);
    o += line(x1, y1, x2, y2, INK, 3) + (turned ? el("path", { d: `M${x2} ${y2}l-6 11l12 0z`, fill: INK }) : el("path", { d: `M${x2} ${y2}l-11 -6l0 12z`, fill: INK }));
    o += turned ? label(Math.max(x1, x2) + 14, (y1 + y2) / 2 + 5, `× ${(b / a).toFixed(1)}`, "b") : label((x1 + x2) / 2, Math.min(y1, y2) - 10, `× ${(b / a).toFixed(1)}`, "b", "middle");
  }
  const [xr, yr] = at(pairs.at(-1), curves.rm.at(-1).estimate), [xd, yd] = at(pairs.at(-1), curves.dpo.at(-1).estimate);
  const [xb, yb] = at(pairs[3], curves.rm[3].estimate), [xo, yo] = at(pairs[5], curves.dpo[5].estimate);
  if (turned) o += label(xb + 16, yb + 20, "simple RM + RL", "b t-rm") + label(xo - 18, yo - 8, "DPO", "b t-dpo", "end");
  else o += narrow ? label(xr, yr + 26, "simple RM + RL", "b t-rm", "end") + label(xd, yd - 16, "DPO", "b t-dpo", "end")
    : label(xr + 14, yr + 6, "simple RM + RL", "b t-rm") + label(xd + 14, yd + 4, "DPO", "b t-dpo");
  return `<svg viewBox="0 0 ${W} ${floor + 54}" role="img" aria-label="Mean regret of both ways over comparisons, with 95 percent bands">${o}</svg>`;
}

export const numbers = (pairs, curves) =>
  table(["comparisons", "simple RM + RL", "DPO", "ratio"],
        pairs.map((n, k) => [whole(n), ...["rm", "dpo"].map((of) => `${short(curves[of][k].estimate)} [${short(curves[of][k].lower)}, ${short(curves[of][k].upper)}]`),
                             (curves.dpo[k].estimate / curves.rm[k].estimate).toFixed(2)]));
