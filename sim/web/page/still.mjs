// still.mjs CORE.wasm DATA.json: what the page shows before its script runs, as JSON of texts for page.html.
import { readFileSync } from "node:fs";

import { openLaboratory } from "./laboratory.js";
import * as twins from "./twins.js";

const [, , core, numbers] = process.argv;
const { presets, results } = JSON.parse(readFileSync(numbers, "utf8")), d = results.twins.opening;
const laboratory = await openLaboratory(readFileSync(core));
const { regret } = laboratory.run(presets.twins, [0], d);
const set = { truth: laboratory.rewards(-1), rm: laboratory.rewards(0), dpo: laboratory.rewards(1) };
const part = (title, what, css, figure) => `<section><h2 class="${css}">${title}</h2><p class="small quiet">${what}</p>${figure}</section>`;
console.log(JSON.stringify({
  opening: String(d),
  invented: twins.invented(set.dpo, 2).toFixed(2),
  mean_rm: regret[0][0].toFixed(3),
  mean_dpo: regret[0][1].toFixed(3),
  price: results.price.ratio.map((m, k) => (k ? m.estimate.toFixed(2) : "1")).join(", "),
  still: part("Nine walks, five ends", "solid and dashed: two walks with one end", "", twins.lattice(2, false)) +
    part("● Reward model", "one score for each end: 4 numbers", "rm", twins.panel(2, [set], ["rm"], false)) +
    part("◆ DPO", "one score for each step from each place: 8 numbers", "dpo", twins.panel(2, [set], ["dpo"], false)),
}));
