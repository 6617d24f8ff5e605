// Screen 1: walks that end in one place, and what both ways learn of them.
import { DPO, GREY, GRID, INK, RM, circle, diamond, el, label, line, path, picture, signed, table } from "./draw.js";

const BAND = "#f3f1ea";

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

// One row for each end, the highest on top.
function rows(H, narrow) {
  const gap = (narrow ? 46 : 57) * (H === 2 ? 1 : 0.5), y = (end) => (narrow ? 20 : 22) + gap * (H - end);
  return { gap, y, floor: y(-H), fine: H > 2 };
}
const band = ({ gap, y }, x, width) => el("rect", { x, y: y(-1) - gap * 0.4, width, height: gap * 0.8, fill: BAND });

function lattice(H, { y, fine }, left, step) {
  let o = "";
  for (let h = 0; h < H; ++h)
    for (let x = -h; x <= h; ++x)
      for (const d of [-1, 0, 1]) o += line(left + h * step, y(x), left + (h + 1) * step, y(x + d), GREY, 2);
  const walk = (steps, dash) => {
    let x = 0;
    return path([0, ...steps.map((d) => (x += d))].map((v, h) => [left + h * step, y(v)]), INK, fine ? 3 : 4, dash);
  };
  o += H === 2 ? walk([0, -1]) + walk([-1, 0], "7 5") : walk([0, 1, -1, -1]) + walk([-1, -1, 0, 1], "7 5");
  for (let h = 0; h <= H; ++h)
    for (let x = -h; x <= h; ++x) o += circle(left + h * step, y(x), fine || step < 60 ? 5 : 7, { fill: "#fff", stroke: INK, "stroke-width": 2 });
  for (let x = -H; x <= H; ++x) o += label(left + H * step + 16, y(x) + 5, (x > 0 ? "+" : "") + signed(x));
  return o;
}

// `sets`: [{truth, rm, dpo}], the last one is shown, those before it are ghosts. `arms`: which markers; two of them stand
// above each other. Drawn from x to x + width.
function panel(H, sets, arms, { y, floor, fine }, x, width) {
  const all = walks(H), now = sets.at(-1), lift = arms.length > 1 ? (fine ? 4 : 8) : 0;
  const high = (a, e) => y(e) + (a === "rm" ? -lift : lift);
  const most = Math.max(2.4, ...sets.flatMap((s) => [...s.truth, ...arms.flatMap((a) => s[a])]).map(Math.abs));
  const unit = (width / 2 - 16) / (most + 0.1), X = (v) => x + width / 2 + v * unit, ticks = most > 4 || unit < 30 ? 2 : 1;
  let o = "", words = "";
  for (let v = -Math.floor(most / ticks) * ticks; v <= most; v += ticks)
    o += line(X(v), 4, X(v), floor + 16, GRID) + label(X(v), floor + 34, signed(v), "s q", "middle");
  o += label(x + width / 2, floor + 53, "worth of a walk (average 0)", "s", "middle");
  for (const ghost of sets.slice(-7, -1))
    for (const a of arms)
      ghost[a].forEach((v, k) => (o += circle(X(v), high(a, endOf(all[k])), fine ? 2.5 : 3.5, { fill: a === "rm" ? RM : DPO, opacity: 0.17 })));
  for (let e = -H; e <= H; ++e) {
    const ks = all.map((w, k) => (endOf(w) === e ? k : -1)).filter((k) => k >= 0), t = now.truth[ks[0]];
    const at = Object.fromEntries(arms.map((a) => [a, ks.map((k) => now[a][k])]));
    const low = at.dpo && Math.min(...at.dpo), top = at.dpo && Math.max(...at.dpo), splits = at.dpo && top - low > 1e-6;
    if (splits) o += line(X(low), high("dpo", e), X(top), high("dpo", e), "#f0b48a", fine ? 4 : 6);
    o += line(X(t), y(e) - (fine ? 11 : 17), X(t), y(e) + (fine ? 11 : 17), INK, 3);
    if (at.rm) o += circle(X(at.rm[0]), high("rm", e), fine ? 5 : 7, { stroke: "#fff" });
    for (const v of at.dpo ?? []) o += diamond(X(v), high("dpo", e), fine ? 5 : 8, { stroke: "#fff" });
    if (splits) {
      const right = Math.max(top, t) === t && X(t) - X(top) < 44 ? X(t) + 9 : X(top) + (fine ? 9 : 12), fits = right < x + width - 34;
      const left = Math.min(low, t) === t && X(low) - X(t) < 44 ? X(t) - 9 : X(low) - (fine ? 9 : 12);
      words += el("text", { x: fits ? right : left, y: high("dpo", e) + 5, class: "s h t-dpo", ...(e === -1 && { style: `stroke:${BAND}` }),
                            ...(!fits && { "text-anchor": "end" }) }, (top - low).toFixed(2));
    }
  }
  return o + words;
}

// The whole figure. On a narrow screen the lattice and what both learned share their rows.
export function figure(H, sets, narrow) {
  const row = rows(H, narrow), height = row.floor + 58;
  const of = H === 2 ? ["Nine walks, five ends", 4, 8] : ["81 walks, nine ends", 8, 32];
  const part = (title, what, css, name, width, content) =>
    `<section><h2 class="${css}">${title}</h2><p class="small quiet">${what}</p>${picture(width, height, name, content)}</section>`;
  const lines = `Lattice of walks of ${H} steps. Two of them, solid and dashed, end at minus one`;
  if (narrow)
    return part(`<span class="rm">● Reward model</span> and <span class="dpo">◆ DPO</span>`,
                `<span class="rm">●</span> learns a score for each end, ${of[1]} numbers; <span class="dpo">◆</span> (direct preference optimisation) one for each step from each place, ${of[2]}`, "",
                `${lines}. Beside it what both learners say of each walk, and the truth`, 358,
                band(row, 0, 358) + lattice(H, row, 10, 76 / H) + panel(H, sets, ["rm", "dpo"], row, 124, 234));
  return part(of[0], "solid and dashed: two with one end", "", lines, 330, band(row, 0, 330) + lattice(H, row, 30, 230 / H) + label(260, row.floor + 34, "end", "s", "middle")) +
    part("● Reward model", `learns a score for each end: ${of[1]} numbers`, "rm", "What the reward model says of each walk, beside the truth: one score for each end", 420,
         band(row, 0, 420) + panel(H, sets, ["rm"], row, 0, 420)) +
    part("◆ DPO: direct preference optimisation", `learns a score for each step from each place: ${of[2]}`, "dpo", "What DPO says of each walk, beside the truth: walks with one end differ", 420,
         band(row, 0, 420) + panel(H, sets, ["dpo"], row, 0, 420));
}

export function numbers(H, set) {
  const all = walks(H), out = [];
  for (let e = H; e >= -H; --e) {
    const ks = all.map((w, k) => (endOf(w) === e ? k : -1)).filter((k) => k >= 0);
    const span = (v) => (Math.max(...v) - Math.min(...v) < 1e-6 ? signed(v[0], 2) : `${signed(Math.min(...v), 2)} to ${signed(Math.max(...v), 2)}`);
    out.push([(e > 0 ? "+" : "") + signed(e), ks.length, signed(set.truth[ks[0]], 2), span(ks.map((k) => set.rm[k])), span(ks.map((k) => set.dpo[k]))]);
  }
  return table(["end", "walks", "truth", "reward model", "DPO"], out);
}
