// Screen 1: walks that end in one place, and what both ways learn of them.
import { DPO, GREY, GRID, INK, RM, circle, diamond, el, label, line, signed, table } from "./draw.js";

// Walks of H steps in the order of the core: steps down, stay, up, the first step slowest.
export function walks(H) {
  let out = [[]];
  for (let h = 0; h < H; ++h) out = out.flatMap((w) => [-1, 0, 1].map((d) => [...w, d]));
  return out;
}
export const endOf = (walk) => walk.reduce((sum, d) => sum + d, 0);

// The largest difference between two walks with one end.
export function invented(rewards, H) {
  const all = walks(H);
  let most = 0;
  for (let e = -H; e <= H; ++e) {
    const v = rewards.filter((_, k) => endOf(all[k]) === e);
    most = Math.max(most, Math.max(...v) - Math.min(...v));
  }
  return most;
}

const layout = (H, narrow) => ({ gap: (narrow ? 46 : 68) * (H === 2 ? 1 : 0.5), top: 24 });
const rowOf = (H, narrow) => {
  const { gap, top } = layout(H, narrow);
  return (end) => top + gap * (H - end);
};
const bottom = (H, narrow) => rowOf(H, narrow)(-H);
const band = (H, narrow, width) => {
  const { gap } = layout(H, narrow);
  return el("rect", { x: 0, y: rowOf(H, narrow)(-1) - gap * 0.38, width, height: gap * 0.76, fill: "#f3f1ea" });
};
const boxed = (content, width, H, narrow, name) =>
  `<svg viewBox="0 0 ${width} ${bottom(H, narrow) + 62}" role="img" aria-label="${name}">${content}</svg>`;

export function lattice(H, narrow) {
  const y = rowOf(H, narrow), width = 330, step = 230 / H, r = H === 2 ? 7 : 5;
  let o = band(H, narrow, width);
  for (let h = 0; h < H; ++h)
    for (let x = -h; x <= h; ++x)
      for (const d of [-1, 0, 1]) o += line(30 + h * step, y(x), 30 + (h + 1) * step, y(x + d), GREY, 2);
  const path = (walk, dash) => {
    let x = 0;
    const points = [0, ...walk.map((d) => (x += d))].map((v, h) => `${30 + h * step},${y(v).toFixed(1)}`).join(" ");
    return el("polyline", { points, fill: "none", stroke: INK, "stroke-width": 4, ...(dash && { "stroke-dasharray": "7 5" }) });
  };
  o += path(H === 2 ? [0, -1] : [0, 1, -1, -1], false) + path(H === 2 ? [-1, 0] : [-1, -1, 0, 1], true);
  for (let h = 0; h <= H; ++h)
    for (let x = -h; x <= h; ++x) o += circle(30 + h * step, y(x), r, { fill: "#fff", stroke: INK, "stroke-width": 2 });
  for (let x = -H; x <= H; ++x) o += label(278, y(x) + 5, (x > 0 ? "+" : "") + signed(x));
  return boxed(o + label(260, bottom(H, narrow) + 38, "end", "s", "middle"), width, H, narrow,
               `Lattice of walks of ${H} steps. Two of them, solid and dashed, end at minus one.`);
}

// `sets`: [{truth, rm, dpo}], the last one is shown, those before it are ghosts. `arms`: which markers.
export function panel(H, sets, arms, narrow) {
  const y = rowOf(H, narrow), all = walks(H), now = sets.at(-1), width = 420, floor = bottom(H, narrow), fine = H > 2;
  const most = Math.max(2.4, ...sets.flatMap((s) => [...s.truth, ...arms.flatMap((a) => s[a])]).map(Math.abs));
  const unit = 194 / (most + 0.1), X = (v) => 205 + v * unit, ticks = most > 4 ? 2 : 1;
  let o = band(H, narrow, width);
  for (let v = -Math.floor(most / ticks) * ticks; v <= most; v += ticks)
    o += line(X(v), 4, X(v), floor + 18, GRID) + label(X(v), floor + 38, signed(v), "s q", "middle");
  o += label(205, floor + 57, "reward (average 0)", "s", "middle");
  for (const ghost of sets.slice(-7, -1))
    for (const a of arms)
      ghost[a].forEach((v, k) => (o += circle(X(v), y(endOf(all[k])), fine ? 2.5 : 3.5, { fill: a === "rm" ? RM : DPO, opacity: 0.17 })));
  for (let e = -H; e <= H; ++e) {
    const ks = all.map((w, k) => (endOf(w) === e ? k : -1)).filter((k) => k >= 0), t = now.truth[ks[0]];
    const at = arms.map((a) => ks.map((k) => now[a][k]));
    arms.forEach((a, i) => {
      const low = Math.min(...at[i]), high = Math.max(...at[i]);
      if (high - low > 1e-6) o += line(X(low), y(e), X(high), y(e), "#f0b48a", fine ? 4 : 6);
    });
    o += line(X(t), y(e) - (fine ? 11 : 16), X(t), y(e) + (fine ? 11 : 16), INK, 3);
    arms.forEach((a, i) => {
      for (const v of at[i])
        o += a === "rm" ? (v === at[i][0] ? circle(X(v), y(e), fine ? 5 : 7, { stroke: "#fff" }) : "")
                        : diamond(X(v), y(e), fine ? 5 : 8, { stroke: "#fff" });
      const high = Math.max(...at[i]), low = Math.min(...at[i]);
      if (a === "dpo" && high - low > 1e-6) {
        const right = X(Math.max(high, t, ...(arms.includes("rm") ? at[0] : []))) + (fine ? 9 : 12);
        const fits = right < width - 38;
        o += label(fits ? right : X(Math.min(low, t)) - 12, y(e) + 5, (high - low).toFixed(2), "s t-dpo", fits ? "start" : "end");
      }
    });
  }
  const name = arms.length > 1 ? "Rewards that both learned for each walk, beside the truth"
    : arms[0] === "rm" ? "Rewards that the reward model learned for each walk, beside the truth: one for each end"
    : "Rewards that DPO learned for each walk, beside the truth: walks with one end differ";
  return boxed(o, width, H, narrow, name);
}

export function numbers(H, set) {
  const all = walks(H), rows = [];
  for (let e = H; e >= -H; --e) {
    const ks = all.map((w, k) => (endOf(w) === e ? k : -1)).filter((k) => k >= 0);
    const span = (v) => (Math.max(...v) - Math.min(...v) < 1e-6 ? signed(v[0], 2) : `${signed(Math.min(...v), 2)} to ${signed(Math.max(...v), 2)}`);
    rows.push([(e > 0 ? "+" : "") + signed(e), ks.length, signed(set.truth[ks[0]], 2), span(ks.map((k) => set.rm[k])), span(ks.map((k) => set.dpo[k]))]);
  }
  return table(["end", "walks", "truth", "reward model", "DPO"], rows);
}
