// Screen 3: four learners, two of a search each. What agrees is shown in full, what does not is underlined.

export function agreeing(a, b) {
  const x = String(a), y = String(b);
  let k = 0;
  while (k < x.length && k < y.length && x[k] === y[k]) ++k;
  return k;
}
export const decimals = (a, b) => Math.max(0, agreeing(a, b) - 2);  // behind the point

// `regret`: [dpo, rich, restricted, simple], or null while the cards are covered.
export function cards(regret) {
  const shown = (i) => {
    if (!regret) return `<span>covered</span>`;
    const other = regret[i ^ 1], text = String(regret[i]), k = agreeing(regret[i], other);
    return `<span>${text.slice(0, k)}</span>${k < text.length ? `<span class="diff">${text.slice(k)}</span>` : ""}`;
  };
  const card = (i, row, title, what) =>
    `<div class="card ${row}${regret ? "" : " covered"}"><h2>${title}</h2><p class="quiet small">${what}</p><p class="number">${shown(i)}</p></div>`;
  return `<div class="corner"></div><div class="colhead">one stage: fit the policy</div><div class="colhead">two stages: fit a reward, then plan</div>
<div class="rowhead"><b class="dpo">◆ Search every policy</b><span class="quiet small">32 numbers: one for each step from each place</span></div>
${card(0, "r1", "DPO", "as published")}${card(1, "r1", "Rich reward model + RL", "scores every step")}
<div class="rowhead"><b class="rm">● Search only plans of a simple judge</b><span class="quiet small">9 ends, so 8 numbers</span></div>
${card(2, "r2", "Restricted DPO", "only policies that some score of ends makes best")}${card(3, "r2", "Simple reward model + RL", "scores the end")}`;
}

const four = (x) => x.toPrecision(4);
export const GUESSES = { column: "a column", row: "a row", none: "none", all: "all" };

export function verdict(regret, guess, broken) {
  const upper = decimals(regret[0], regret[1]), lower = decimals(regret[2], regret[3]), factor = regret[0] / regret[2];
  const pair = (a, b) => `<output>${four(regret[a])}</output> and <output>${four(regret[b])}</output>`;
  if (broken === "ridge")
    return `<b>Broken.</b> The upper row parts: ${pair(0, 1)}. A ridge is a penalty on the squares of a learner's own numbers, and those of DPO are others than those of the rich reward model. The lower two fit the same scores of ends, so they still agree. Agreement is a theorem about equal penalties, not a law of nature.`;
  if (broken === "beta")
    return `<b>Broken.</b> Upper row ${pair(0, 1)}, lower row ${pair(2, 3)}. Beta is the exchange rate between reward and likelihood; the two learners of one stage now assume twice the right one, those of two stages do not. Rows agree only where all assume the same.`;
  return `${guess && `You guessed: ${GUESSES[guess]}. `}<b>Rows agree, columns do not.</b> To <output>${upper}</output> decimals in the upper row, to <output>${lower}</output> in the lower one, though each was found by a search of its own. The advantage, a factor of <output>${factor.toFixed(1)}</output> here, lies in the size of what is searched. A second stage is one way to shrink it.`;
}

// Many data sets: [[dpo, rich, restricted, simple], ...].
export function summary(all) {
  const least = (a, b) => Math.min(...all.map((g) => decimals(g[a], g[b]))), mean = (a) => all.reduce((s, g) => s + g[a], 0) / all.length;
  const apart = (a, b) => Math.max(...all.map((g) => Math.abs(g[a] - g[b])));
  const rows = [[0, 1], [2, 3]].map(([a, b]) => (least(a, b) >= 6 ? `agree to at least <output>${least(a, b)}</output> decimals` : `differ by up to <output>${apart(a, b).toPrecision(2)}</output>`));
  return `<output>${all.length}</output> data sets: the upper two ${rows[0]}, the lower two ${rows[1]}; mean regrets ${[0, 1, 2, 3].map((a) => mean(a).toPrecision(3)).join(", ")}`;
}
