import * as race from "../figures/race.js";
import { whole } from "../figures/draw.js";
import { announce, bind, button, byId, change, compare, fillTable, identical, presets, put, results, run, store } from "../store.js";

const raced = [], total = presets.race.replicates;  // regrets of what has run
const pairs = presets.race.points.map((p) => p.pairs);

export function draw() {
  const { saves: guess, runs, turn } = store.state, count = store.printing ? total : Math.min(runs, raced.length);
  const curves = count === total ? results.race : count ? race.summary(raced.slice(0, count), pairs) : null;
  put("figure4", race.chart({ pairs, curves, guess, narrow: store.narrow && !store.printing, turned: turn }));
  const ready = !!guess, left = runs < total;
  byId("guess4").hidden = count === total;
  byId("saves").disabled = runs > 0;
  if (guess) byId("saves").value = guess;
  bind("saves", guess ? `× ${guess}` : "?");
  button("more", { there: left && store.running !== "all", ready, main: true });
  button("all", { there: left, text: `Run all ${total}`, ready });
  button("turn4", { there: count > 0, text: turn ? "Turn it back" : "Turn the chart", main: !left });
  bind("race-count", count ? `<output>${count}</output> of ${total} data sets, each in a world of its own` : "");
  bind("same4", identical("race"));
  fillTable(4, curves ? race.numbers(pairs, curves) : "<p>nothing has run yet</p>");
  const need = curves && ["rm", "dpo"].map((of) => race.needed(pairs, curves[of].map((m) => m.estimate), race.LEVEL));
  bind("consequence4", !curves ? (guess ? "Nothing has run yet." : "Guess first: how many times as many comparisons does DPO need?")
    : count < 20 || !need[0] || !need[1] ? "A few data sets say little: press on, and watch the bands narrow."
    : `A regret of ${race.LEVEL} takes the simple judge <output>${whole(need[0])}</output> comparisons and DPO <output>${whole(need[1])}</output>: <b>${(need[1] / need[0]).toFixed(1)} times as many</b>${guess ? `, where you said ${guess}` : ""}, and about as many times more at every other regret. Both lines fall alike: what is saved is a factor, not a better rate.`);
  if (raced.length < runs && !store.running) to(runs);
}

// Lets data sets run until there are so many.
async function to(wanted, name = "all") {
  if (raced.length >= wanted) return change({ runs: wanted }, false);
  if (name === "more" && store.running) return;
  await run(name, presets.race, presets.race.groups[0], raced.length, wanted - raced.length, (one, r) => {
    raced.push(one.regret);
    compare("race", 0, r, one.hash);
    if (store.state.runs < raced.length) change({ runs: raced.length }, false);
    else if (store.state.s === 4) draw();
  });
  if (store.state.runs > raced.length) change({ runs: raced.length }, false);
  announce(`${raced.length} data sets have run.`);
}

export const actions = {
  more: () => to(Math.min(total, store.state.runs + 1), "more"),
  all: () => to(total, "all"),
  turn4: () => change({ turn: store.state.turn ? 0 : 1 }),
};
export const inputs = { saves: (value) => change({ saves: +value }, false) };
