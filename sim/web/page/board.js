// Screen 3: four learners, two of a search each. What agrees is shown in full, what does not is underlined.

export function agreeing(a, b) {
  const x = String(a), y = String(b);
  let k = 0;
  while (k < x.length && k < y.length && x[k] === y[k]) ++k;
  return k;
}
const decimals = (k) => Math.max(0, k - 2);  // behind "0."

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

export function verdict(regret, guess) {
  const upper = decimals(agreeing(regret[0], regret[1])), lower = decimals(agreeing(regret[2], regret[3]));
  const together = upper >= 8 && lower >= 8;
  const factor = regret[0] / regret[2];
  const reply = !guess ? "" : guess === "row" && together ? "As you guessed. " : together ? "Not as you guessed. " : "";
  return together
    ? `${reply}<b>Rows agree, columns do not.</b> To <output>${upper}</output> decimals in the upper row, to <output>${lower}</output> in the lower one, though each was found by a search of its own. The advantage, a factor of <output>${factor.toFixed(1)}</output> here, lies in the size of what is searched. A second stage is one way to shrink it.`
    : `<b>Broken.</b> Now each way penalises its own numbers, not its policy, and the upper pair parts after <output>${upper}</output> decimals. That the rows agree is a theorem about equal penalties, not a law of nature.`;
}
