// still.mjs CORE.wasm DATA.json: what the page shows before its script runs, as JSON of texts for page.html.
import { readFileSync } from "node:fs";

import { three } from "./figures/draw.js";
import * as twins from "./figures/twins.js";
import { openLaboratory } from "./laboratory.js";

const [, , core, numbers] = process.argv;
const { presets, results } = JSON.parse(readFileSync(numbers, "utf8")), d = results.twins.opening, judge = results["wrong-judge"];
const laboratory = await openLaboratory(readFileSync(core));
const { regret } = laboratory.run(presets.twins, [0], d);
const set = { truth: laboratory.rewards(-1), rm: laboratory.rewards(0), dpo: laboratory.rewards(1) };
console.log(JSON.stringify({
  opening: String(d),
  invented: twins.invented(set.dpo, 2).toFixed(2),
  mean_rm: regret[0][0].toFixed(3),
  mean_dpo: regret[0][1].toFixed(3),
  price: results.price.ratio.map((m, k) => (k ? m.estimate.toFixed(2) : "1")).join(", "),
  theory_n: three(judge.theory[presets["wrong-judge"].world.excess].crossing),
  measured_n: three(judge.crossing.estimate),
  still: twins.figure(2, [set], false),
}));
