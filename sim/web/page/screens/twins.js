import * as twins from "../figures/twins.js";
import { mean } from "../figures/draw.js";
import { announce, bind, change, compare, fillTable, identical, presets, put, results, store } from "../store.js";

const known = new Map(), count = presets.twins.replicates;
const groupOf = (H) => (H === 2 ? 0 : 1);
function walkSet(H, d) {
  const key = `${H},${d}`;
  if (!known.has(key)) {
    const group = groupOf(H), { laboratory } = store, run = laboratory.run(presets.twins, presets.twins.groups[group], d);
    compare("twins", group, d, run.hash);
    known.set(key, { truth: laboratory.rewards(-1), rm: laboratory.rewards(0), dpo: laboratory.rewards(1), regret: run.regret[0] });
  }
  return known.get(key);
}

// All that have been seen, the newest first, as far as they are computed within a twentieth of a second.
function seen(H, d) {
  const { opening } = results.twins, number = ((d - opening + count) % count) + 1, until = performance.now() + 50, sets = [];
  for (let k = 0; k < number; ++k) {
    const of = (d - k + count) % count;
    if (k > 0 && !known.has(`${H},${of}`) && performance.now() > until) {
      setTimeout(() => store.state.s === 1 && store.draw());
      break;
    }
    sets.push(walkSet(H, of));
  }
  return sets;
}

export function draw() {
  const { h: H, d } = store.state, sets = seen(H, d), now = sets[0], group = groupOf(H);
  const regrets = sets.map((s) => s.regret), better = regrets.filter(([rm, dpo]) => dpo < rm).length;
  put("figure1", twins.figure(H, sets.slice(0, 7).reverse(), store.narrow && !store.printing));
  fillTable(1, twins.numbers(H, now));
  const word = twins.invented(now.dpo, H).toFixed(2), total = results.twins.better[group];
  bind("steps", H === 2 ? "two" : "four");
  bind("pairs1", presets.twins.points[group].pairs);
  bind("h", H);
  bind("d", d);
  bind("other", H === 2 ? "Four steps" : "Two steps");
  bind("invented", word);
  bind("mean-rm", mean(regrets.map((r) => r[0])).toFixed(3));
  bind("mean-dpo", mean(regrets.map((r) => r[1])).toFixed(3));
  bind("better", `${better} of ${regrets.length}`);
  bind("same1", identical("twins", group));
  bind("command1", `twostage explain twins variant=${H === 2 ? "two" : "four"}-steps --replicate ${d}`);
  bind("dare", better ? `You did: it is in ${total} of all ${count} data sets.` : H === 2 ? "" : `It is in ${total} of all ${count} data sets.`);
  announce(`Data set ${d}: DPO invents a difference of ${word}; DPO was better in ${better} of ${regrets.length}.`);
}

const next = () => change({ d: (store.state.d + 1) % count }, false);
let hunting = 0;
function stop() {
  clearInterval(hunting);
  hunting = 0;
  bind("hunt", "Press for me");
}
function hunt() { // ten a second, until DPO is better or all have been seen; pauses while nobody sees it
  if (hunting) return stop();
  bind("hunt", "Stop");
  hunting = setInterval(() => {
    if (document.hidden || store.state.s !== 1) return;
    next();
    const { h, d } = store.state, [rm, dpo] = walkSet(h, d).regret;
    if (dpo < rm || (d + 1) % count === results.twins.opening) stop();
  }, 100);
}

export const actions = { new1: next, hunt, longer: () => change({ h: store.state.h === 2 ? 4 : 2 }) };
