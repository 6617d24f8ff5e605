import * as wrong from "../figures/wrong-judge.js";
import { mean, three, whole } from "../figures/draw.js";
import { announce, bind, button, byId, change, compare, fillTable, identical, presets, put, results, run, stop, store } from "../store.js";

const judge = results["wrong-judge"], total = presets["wrong-judge"].replicates;
const pairs = presets["wrong-judge"].points.map((p) => p.pairs), HOME = presets["wrong-judge"].world.excess;
const measuredHere = new Map();  // mistake: {rm, dpo} means of what has run
const place = (n) => Math.round((100 * Math.log(n / 500)) / Math.log(32));

export function draw() {
  const { n: guess, locked, live } = store.state, open = locked || store.printing, x = open ? store.state.x : HOME;
  const home = x === HOME, here = measuredHere.get(x);
  const none = pairs.map(() => null), first = (of) => of.map((m, k) => (k < 3 ? m : null));
  // At home the result file has them all, with intervals; elsewhere there is what runs here.
  const filed = home && (here ? here.count === total : !live);
  const measured = !open ? { rm: first(judge.rm), dpo: first(judge.dpo) } : filed ? judge : (here ?? { rm: none, dpo: none });
  const meets = here && !filed && wrong.crossing(pairs, here.rm.map((m) => m.estimate), here.dpo.map((m) => m.estimate));
  const at = !open ? null : filed ? judge.crossing : meets ? { estimate: meets } : null;
  const theory = open ? judge.theory[x] : null, narrow = store.narrow && !store.printing;
  put("figure5", wrong.chart({ pairs, measured, theory, guess: home ? guess : 0, at, narrow }));
  byId("figure5").classList.toggle("drag", !open);
  byId("figure5").classList.toggle("telling", store.answering === "locked");
  fillTable(5, wrong.numbers({ pairs, measured, theory }));
  bind("x", x);
  bind("n", guess ? whole(guess) : "?");
  if (guess) byId("n").value = place(guess);
  byId("guess5").hidden = !!open;
  byId("slide5").hidden = !open;
  byId("mistake").value = judge.mistakes.indexOf(x);
  button("lock", { there: !locked, ready: guess });
  button("run5", { there: locked && here?.count !== total, main: true, text: `Run ${total} data sets` });
  bind("answer5", !open ? "" : `${home && guess ? `you <output>${whole(guess)}</output> · ` : ""}theory <output>${three(theory.crossing)}</output>${
    at ? ` · measured <output>${three(at.estimate)}</output>` : ""}${at?.lower ? ` <span class="quiet">[${three(at.lower)}, ${three(at.upper)}]</span>` : ""}${
    here && here.count < total ? ` · ${here.count} of ${total} data sets` : here && !at ? " · not within this picture" : ""}`);
  const ends = [judge.mistakes[0], judge.mistakes.at(-1)];
  bind("consequence5", !open ? (guess ? "" : "Drag the dotted line, or the slider, to where you expect DPO to overtake.")
    : `Which one wins is a matter of how many comparisons there are, and that number can be named beforehand. <b>Half the mistake buys four times the comparisons</b>: from ${ends[0]} to ${ends[1]} theory's crossing runs from <output>${three(judge.theory[ends[0]].crossing)}</output> to <output>${three(judge.theory[ends[1]].crossing)}</output>.`);
  bind("same5", identical("wrong-judge"));
  bind("command5", `twostage run wrong-judge${home ? "" : ` excess=${x}`}`);
  if (open && live && !here && !store.running) runHere();
}

async function runHere() {
  const { x } = store.state, base = presets["wrong-judge"], preset = { ...base, world: { ...base.world, excess: x } }, runs = [];
  await run("run5", preset, preset.groups[0], 0, total, (one, r) => {
    runs.push(one.regret);
    if (x === HOME) compare("wrong-judge", 0, r, one.hash);
    const of = (arm) => pairs.map((_, p) => ({ estimate: mean(runs.map((regret) => regret[p][arm])) }));
    measuredHere.set(x, { rm: of(0), dpo: of(1), count: runs.length });
    if (store.state.s === 5 && store.state.x === x) draw();
  });
  announce(`${runs.length} data sets have run.`);
}

const guess = (n) => store.state.locked || change({ n }, false);
export const actions = {
  lock: () => { store.answering = "locked"; change({ locked: 1, live: 1, x: HOME }); },
  run5: () => (store.state.live ? runHere() : change({ live: 1 })),
};
export const inputs = {
  n: (value) => guess(wrong.nearby(500 * 32 ** (value / 100))),
  mistake: (value) => { stop(); change({ x: judge.mistakes[value], live: 0 }, false); },
};
export const drags = { figure5: (x) => guess(wrong.guessAt(x, store.narrow)) };
