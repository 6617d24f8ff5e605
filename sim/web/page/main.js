// The page at work: state from the address, screens drawn from state, buttons that change it.
import * as board from "./board.js";
import { mean, short, whole } from "./draw.js";
import { openLaboratory } from "./laboratory.js";
import * as map from "./map.js";
import { Pool } from "./pool.js";
import * as price from "./price.js";
import * as race from "./race.js";
import { BOX, format, parse, schema } from "./state.js";
import * as twins from "./twins.js";
import * as wrong from "./wrong-judge.js";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent), { presets, results, hashes } = data;
const narrowQuery = matchMedia("(max-width: 700px)");
const kinds = schema(results.twins.opening, results["wrong-judge"].mistakes);
let { state, junk } = parse(location.hash, kinds), laboratory, pool, bytes;

const bind = (name, html) => { for (const at of document.querySelectorAll(`[data-bind="${name}"]`)) if (at.innerHTML !== String(html)) at.innerHTML = html; };
const put = (id, html) => { byId(id).innerHTML = html; };
const fill = (screen, html) => { const at = document.querySelector(`[data-table="${screen}"]`); if (at) at.innerHTML = html; };
let told = 0, waiting;
function announce(text) { // at most once a second
  clearTimeout(waiting);
  waiting = setTimeout(() => { told = Date.now(); byId("live").textContent = text; }, Math.max(0, told + 1000 - Date.now()));
}

// Replicates that have run here, against those of the result files.
const same = {}, storedHash = (id, group, r) => hashes[id][group].slice(6 * r, 6 * r + 6); // their beginnings
function compare(id, group, replicate, hash) {
  const seen = ((same[id] ??= {})[group] ??= new Map()), stored = storedHash(id, group, replicate);
  if (stored) seen.set(replicate, hash.startsWith(stored));
}
function identical(id, group = 0) {
  const seen = [...(same[id]?.[group]?.values() ?? [])];
  return seen.length ? `<b>${seen.filter(Boolean).length} of ${seen.length}</b> replicates carry the very bits of the result file` : "";
}

// Screen 1
const known = new Map(), visited = { 2: [], 4: [] };
function walkSet(H, d) {
  const key = `${H},${d}`;
  if (!known.has(key)) {
    const group = H === 2 ? 0 : 1, run = laboratory.run(presets.twins, presets.twins.groups[group], d);
    compare("twins", group, d, run.hash);
    known.set(key, { truth: laboratory.rewards(-1), rm: laboratory.rewards(0), dpo: laboratory.rewards(1), regret: run.regret[0] });
  }
  return known.get(key);
}
function drawTwins() {
  const H = state.h, now = walkSet(H, state.d), of = visited[H], narrow = narrowQuery.matches, group = H === 2 ? 0 : 1;
  if (of.at(-1) !== state.d) of.push(state.d);
  const sets = of.slice(-7).map((d) => walkSet(H, d));
  const all = [...new Set(of)].map((d) => walkSet(H, d).regret), better = all.filter(([rm, dpo]) => dpo < rm).length;
  const head = (title, what, css, figure) => `<section><h2 class="${css}">${title}</h2><p class="small quiet">${what}</p>${figure}</section>`;
  const counts = H === 2 ? ["Nine walks, five ends", 4, 8] : ["81 walks, nine ends", 8, 32];
  put("figure1", head(counts[0], "solid and dashed: two walks with one end", "", twins.lattice(H, narrow)) + (narrow
    ? head("Both learners", "● reward model, ◆ DPO; bar: the truth", "", twins.panel(H, sets, ["rm", "dpo"], true))
    : head("● Reward model", `one score for each end: ${counts[1]} numbers`, "rm", twins.panel(H, sets, ["rm"], false)) +
      head("◆ DPO", `one score for each step from each place: ${counts[2]} numbers`, "dpo", twins.panel(H, sets, ["dpo"], false))));
  fill(1, twins.numbers(H, now));
  const word = twins.invented(now.dpo, H).toFixed(2);
  bind("steps", H === 2 ? "two" : "four"); bind("pairs1", presets.twins.points[group].pairs); bind("h", H); bind("d", state.d);
  bind("other", H === 2 ? "Try four steps" : "Back to two"); bind("invented", word);
  bind("mean-rm", mean(all.map((r) => r[0])).toFixed(3)); bind("mean-dpo", mean(all.map((r) => r[1])).toFixed(3));
  bind("better", `${better} of ${all.length}`); bind("same1", identical("twins", group)); bind("opening", results.twins.opening);
  bind("command1", `twostage explain twins variant=${H === 2 ? "two" : "four"}-steps --replicate ${state.d}`);
  const total = results.twins.better[group];
  bind("dare", better ? `You did: it is in ${total} of all 200 data sets.` : H === 2 ? "" : `It is in ${total} of all 200 data sets.`);
  announce(`Data set ${state.d}: DPO invents a difference of ${word}; DPO was better in ${better} of ${all.length}.`);
}

// Screen 2
function drawPrice(answer = state.told) {
  const of = results.price, narrow = narrowQuery.matches, guess = state.ratio, H = +byId("grow").value;
  put("figure2", price.chart({ ...of, guess, told: answer, narrow }) + `<div>${price.bundle(H)}<p class="small quiet" data-part="tally">the numbers at the ends: how many walks lead there; ${price.freeDifferences(H)} differences can be invented</p></div>`);
  bind("ratio", guess);
  byId("ratio").value = guess; byId("ratio").disabled = document.querySelector("[data-action=tell]").disabled = !!state.told;
  const four = of.ratio[3].estimate.toFixed(2), six = of.ratio[4].estimate.toFixed(2);
  bind("consequence2", answer ? `You said ${guess}, it is <b><output>${four}</output></b> at four steps and <output>${six}</output> at six. The line was known before any data: ${of.theory[3].toFixed(2)} and ${of.theory[4].toFixed(2)}. At six steps 400 comparisons are too few for its formula, and <b>the truth is worse for DPO than it says</b>; at four it is too close to tell. At one step there are no twins, and the two <i>are</i> one.`
    : `At one step both return one policy, in every data set; at two the ratio is <output>${of.ratio[1].estimate.toFixed(2)}</output>.`);
  if (answer) fill(2, price.numbers(of)); else fill(2, "<p>covered until you have guessed</p>");
}

// Screen 3
const dealt = new Map();
function boardRegrets(d) {
  const key = `${d},${state.ridge}`;
  if (!dealt.has(key)) {
    const preset = !state.ridge ? presets.board
      : { ...presets.board, arms: presets.board.arms.map((arm) => ({ ...arm, penalty: { kind: "ridge", lambda: 4 } })) };
    const run = laboratory.run(preset, [0], d);
    if (!state.ridge) compare("board", 0, d, run.hash);
    dealt.set(key, run.regret[0]);
  }
  return dealt.get(key);
}
function drawBoard(open = state.turned) {
  const regret = open ? boardRegrets(state.b) : null;
  put("figure3", board.cards(regret));
  bind("consequence3", regret ? board.verdict(regret, state.guess) : "Four numbers lie under the cards: what each learner loses against the best policy.");
  bind("b", state.b); bind("same3", identical("board"));
  bind("command3", `twostage explain board --replicate ${state.b}${state.ridge ? " penalty.kind=ridge" : ""}`);
  for (const at of document.querySelectorAll("[name=guess]")) at.checked = at.value === state.guess;
  document.querySelector("[data-action=ridge]").checked = !!state.ridge;
  for (const name of ["new3", "hundred"]) document.querySelector(`[data-action=${name}]`).disabled = !state.turned;
  document.querySelector("[data-action=turn]").disabled = !!state.turned || !state.guess;
  document.querySelector("[data-action=ridge]").disabled = !state.turned;
}

// Screen 4
const raced = [];
const racePairs = presets.race.points.map((p) => p.pairs);
function drawRace(all = false) {
  const file = { rm: results.race.rm, dpo: results.race.dpo }, full = all || raced.length === presets.race.replicates;
  const curves = full ? file : raced.length ? race.summary(raced, racePairs) : null, level = 0.1;
  put("figure4", race.chart({ pairs: racePairs, curves, level, narrow: narrowQuery.matches, turned: state.turn }));
  bind("race-count", raced.length ? `<output>${raced.length}</output> of ${presets.race.replicates} data sets, each in a world of its own` : "no data set yet");
  bind("same4", identical("race") || "each data set that runs is compared with the figure's own, bit by bit");
  if (!curves) return bind("consequence4", "Nothing has run yet."), fill(4, "");
  const need = ["rm", "dpo"].map((of) => race.needed(racePairs, curves[of].map((m) => m.estimate), level));
  bind("consequence4", raced.length < 20 && !full ? "A few data sets say little: press on, and watch the bands narrow." : need[0] && need[1] ? `A regret of ${level} takes the simple judge <output>${whole(need[0])}</output> comparisons and DPO <output>${whole(need[1])}</output>: <b>${(need[1] / need[0]).toFixed(1)} times as many</b>, and about as many times more at every other regret. Both lines fall alike: what is saved is a factor, not a better rate.` : "One data set says little: run more.");
  fill(4, race.numbers(racePairs, curves));
}

// Screen 5
const judge = results["wrong-judge"], judgePairs = presets["wrong-judge"].points.map((p) => p.pairs);
const measuredHere = new Map(); // mistake: {rm, dpo} means of what has run
const nScale = (t) => { const n = 500 * 32 ** (t / 100), digit = 10 ** Math.floor(Math.log10(n) - 1); return Math.min(16000, Math.max(500, Math.round(n / digit) * digit)); };
const nPlace = (n) => Math.round((100 * Math.log(n / 500)) / Math.log(32));
function drawJudge(open = state.locked) {
  const x = state.x, home = x === 0.12, theory = judge.theory[x], here = measuredHere.get(x);
  const first = (of) => of.map((m, k) => (k < 3 ? m : null));
  const whole60 = home && (!here || here.count === 60);
  const measured = !open ? { rm: first(judge.rm), dpo: first(judge.dpo) } : whole60 ? { rm: judge.rm, dpo: judge.dpo }
    : here ?? { rm: judgePairs.map(() => null), dpo: judgePairs.map(() => null) };
  const interval = open && whole60 ? judge.crossing : null;
  put("figure5", wrong.chart({ pairs: judgePairs, measured, theory: open ? theory : null, guess: home ? state.n : 0, interval, narrow: narrowQuery.matches }));
  fill(5, wrong.numbers({ pairs: judgePairs, measured, theory: open ? theory : null }));
  const three = (v) => whole(+v.toPrecision(3));
  bind("x", x); bind("x2", x); bind("n", whole(state.n));
  byId("n").value = nPlace(state.n); byId("n").disabled = !!state.locked;
  byId("mistake").value = judge.mistakes.indexOf(x); byId("mistake").disabled = !state.locked;
  bind("answer5", !open ? "" : interval ? `you <output>${whole(state.n)}</output> · theory <output>${three(theory.crossing)}</output> · measured <output>${three(interval.estimate)}</output> <span class="quiet">[${three(interval.lower)}, ${three(interval.upper)}]</span>`
    : `theory <output>${three(theory.crossing)}</output>${here ? ` · ${here.count} data sets run${crossingHere(here)}` : ""}`);
  const button = document.querySelector("[data-action=lock]");
  button.textContent = !state.locked ? "Lock it and run 60 data sets" : "Run 60 data sets";
  bind("slide5", !open ? "covered until you have locked your guess" : `From ${judge.mistakes[0]} to ${judge.mistakes.at(-1)} the crossing runs from ${three(judge.theory[judge.mistakes[0]].crossing)} to ${three(judge.theory[judge.mistakes.at(-1)].crossing)}.`);
  bind("same5", identical("wrong-judge")); bind("command5", `twostage run wrong-judge${home ? "" : ` excess=${x}`}`);
}
const crossingHere = (here) => { const at = wrong.crossing(judgePairs, here.rm.map((m) => m.estimate), here.dpo.map((m) => m.estimate)); return at ? `: they cross at <output>${whole(+at.toPrecision(3))}</output>` : ""; };

// Screen 6
const mapPairs = [...new Set(presets.map.points.map((p) => p.pairs))], mistakes = [...new Set(presets.map.points.map((p) => p.world.excess))];
const ratios = mistakes.map((_, i) => results.map.ratio.slice(8 * i, 8 * i + 8));
function drawMap(open = state.shown) {
  const focus = document.activeElement?.dataset?.cell;
  put("figure6", map.chart({ pairs: mapPairs, mistakes, ratio: ratios, border: state.border, crossing: results.map.crossing, shown: open, narrow: narrowQuery.matches }));
  if (focus) document.querySelector(`[data-cell="${focus}"]`)?.focus();
  const decided = ratios.flatMap((row, i) => row.map((m, k) => [map.winner(m), k < +state.border[i] ? "rm" : "dpo", results.map.crossing[i] > mapPairs[k] ? "rm" : "dpo"])).filter(([who]) => who);
  const right = (j) => decided.filter((d) => d[0] === d[j]).length;
  bind("consequence6", open ? `Of <output>${decided.length}</output> fields that 24 data sets decide, your border names the winner in <output>${right(1)}</output> and theory's line, drawn before any data, in <output>${right(2)}</output>. Hatched: undecided. Blue with ●: the reward model is ahead; orange with ◆: DPO is.`
    : "The dotted line is your border: all fields left of it are the reward model's.");
  drawBox();
  document.querySelector("[data-action=show]").disabled = !!state.shown;
  if (open) fill(6, map.numbers({ pairs: mapPairs, mistakes, ratio: ratios })); else fill(6, "");
}

// A world of one's own
let boxed = "";
function drawBox() {
  const at = state.box.split(","), [horizon, pairs, degree, excess, lambda] = at;
  document.querySelectorAll("[data-box]").forEach((select) => {
    const k = +select.dataset.box;
    if (!select.options.length) select.innerHTML = BOX[k].map((v) => `<option>${v}</option>`).join("");
    select.value = at[k];
    select.setAttribute("aria-label", ["words", "comparisons", "degree", "mistake", "strength of the penalty"][k]);
  });
  bind("box", `${boxed} <code>twostage run wrong-judge horizon=${horizon} pairs=${pairs} world.degree=${degree} reward.degree=${degree} excess=${excess} penalty.kind=reference-kl penalty.lambda=${lambda} replicates=40</code>`);
}
async function runBox() {
  const [horizon, pairs, degree, excess, lambda] = state.box.split(",").map(Number), base = presets["wrong-judge"], all = [];
  const preset = { ...base, world: { ...base.world, horizon, degree, excess }, points: [{ world: {}, pairs }],
    arms: base.arms.map((arm) => ({ ...arm, reward: arm.reward.class ? { ...arm.reward, degree } : {}, penalty: { kind: "reference-kl", lambda } })) };
  await thePool().run(preset, [0], 0, 40, (run) => {
    all.push(run.regret[0]);
    boxed = `<b>${all.length}</b> data sets: mean regret ● <output>${short(mean(all.map((g) => g[0])))}</output>, ◆ DPO <output>${short(mean(all.map((g) => g[1])))}</output>; DPO was better in <output>${all.filter((g) => g[1] < g[0]).length}</output>.`;
    drawBox();
  });
}

const draw = [null, drawTwins, drawPrice, drawBoard, drawRace, drawJudge, drawMap];
function turnTo() {
  for (let s = 1; s <= 6; ++s) byId(`screen${s}`).classList.toggle("current", s === state.s);
  document.querySelectorAll("nav a:not([data-reset], [data-lecture])").forEach((a, k) => (k + 1 === state.s ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current")));
  document.body.classList.toggle("lecture", !!state.lecture);
  document.body.classList.toggle("embed", !!state.embed);
}
function render() {
  turnTo();
  const hidden = state.hide.split(",");
  draw[state.s]();
  for (const at of document.querySelectorAll("[data-part]")) at.classList.toggle("hidden-part", hidden.includes(at.dataset.part));
  byId("notice").textContent = junk.length ? `The link is not quite one of this page's: ${junk.join("; ")}. What it left out stands at its default.` : "";
}
function change(next, remember = true) {
  state = { ...state, ...next };
  junk = [];
  history[remember ? "pushState" : "replaceState"](null, "", format(state, kinds));
  render();
}

const thePool = () => (pool ??= new Pool(bytes, state.workers || Math.min(4, navigator.hardwareConcurrency || 2)));
let hunting = 0;
function newTwins() { change({ d: (state.d + 1) % presets.twins.replicates }, false); }
function hunt() { // ten a second, until DPO is better; pauses while nobody sees it
  const [at] = document.querySelectorAll("[data-action=hunt]");
  if (hunting) return clearInterval(hunting), (hunting = 0), label();
  function label() { at.textContent = hunting ? "Stop" : "Press for me"; }
  hunting = setInterval(() => {
    if (document.hidden || state.s !== 1) return;
    newTwins();
    const [rm, dpo] = walkSet(state.h, state.d).regret;
    if (dpo < rm || [...new Set(visited[state.h])].length === presets.twins.replicates) clearInterval(hunting), (hunting = 0), label();
  }, 100);
  label();
}
async function runRace(count) {
  const first = raced.length, left = Math.min(count, presets.race.replicates - first);
  if (left <= 0) return;
  await thePool().run(presets.race, presets.race.groups[0], first, left, (run, r) => { raced.push(run.regret); compare("race", 0, r, run.hash); if (state.s === 4) drawRace(); });
  announce(`${raced.length} data sets have run.`);
}
async function runJudge() {
  const x = state.x, preset = { ...presets["wrong-judge"], world: { ...presets["wrong-judge"].world, excess: x } }, runs = [];
  if (!state.locked) change({ locked: 1 });
  await thePool().run(preset, preset.groups[0], 0, preset.replicates, (run, r) => {
    runs.push(run.regret);
    if (x === 0.12) compare("wrong-judge", 0, r, run.hash);
    const of = (arm) => judgePairs.map((_, p) => ({ estimate: mean(runs.map((run) => run[p][arm])) }));
    measuredHere.set(x, { rm: of(0), dpo: of(1), count: runs.length });
    if (state.s === 5 && state.x === x) drawJudge();
  });
  announce(`${runs.length} data sets have run.`);
}
async function hundred() {
  const first = 0, count = 100, all = [];
  await thePool().run(presets.board, [0], first, count, (run, r) => {
    all.push(run.regret[0]);
    compare("board", 0, r, run.hash);
    const upper = Math.min(...all.map((g) => board.agreeing(g[0], g[1]) - 2)), lower = Math.min(...all.map((g) => board.agreeing(g[2], g[3]) - 2));
    bind("hundred", `<output>${all.length}</output> data sets: rows agree to at least <output>${upper}</output> and <output>${lower}</output> decimals; mean regret ${short(mean(all.map((g) => g[0])))} above, ${short(mean(all.map((g) => g[2])))} below`);
    bind("same3", identical("board"));
  });
}

const actions = {
  new1: newTwins, hunt,
  longer: () => change({ h: state.h === 2 ? 4 : 2 }),
  tell: () => change({ told: 1 }),
  turn: () => change({ turned: 1 }),
  new3: () => change({ b: (state.b + 1) % presets.board.replicates }, false),
  hundred, more: () => runRace(1), all: () => runRace(presets.race.replicates),
  ridge: () => change({ ridge: state.ridge ? 0 : 1 }),
  turn4: () => change({ turn: state.turn ? 0 : 1 }),
  lock: runJudge, box: runBox,
  show: () => change({ shown: 1 }),
};
function fields(event) { // of the map: a click or a key
  const cell = event.target.closest?.("[data-cell]");
  if (!cell) return;
  const [i, k] = cell.dataset.cell.split(",").map(Number);
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
  if (event.type === "keydown" && steps) {
    event.preventDefault();
    const to = document.querySelector(`[data-cell="${Math.min(7, Math.max(0, i + steps[0]))},${Math.min(7, Math.max(0, k + steps[1]))}"]`);
    cell.setAttribute("tabindex", -1); to.setAttribute("tabindex", 0); to.focus();
  } else if (event.type === "click" || event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (state.shown) { // opens the row in 5, at the nearest mistake that it has
      const near = judge.mistakes.reduce((a, b) => (Math.abs(Math.log(b / mistakes[i])) < Math.abs(Math.log(a / mistakes[i])) ? b : a));
      change({ s: 5, locked: 1, x: near });
    } else change({ border: state.border.slice(0, i) + k + state.border.slice(i + 1) }, false);
  }
}

async function start() {
  document.documentElement.classList.add("js");
  turnTo();
  const packed = Uint8Array.from(atob(byId("core").textContent), (c) => c.charCodeAt(0));
  bytes = new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  laboratory = await openLaboratory(bytes);
  let last = 0;
  document.addEventListener("click", (event) => {
    const at = event.target.closest?.("[data-action]");
    if (at && Date.now() - last >= 90) { last = Date.now(); actions[at.dataset.action]?.(); }
    if (event.target.closest?.("[data-reset]")) { event.preventDefault(); visited[2] = []; visited[4] = []; raced.length = 0; measuredHere.clear(); pool?.cancel(); const { s, lecture, embed, hide } = state; change({ ...parse("", kinds).state, s, lecture, embed, hide }); }
    const link = event.target.closest?.("nav a:not([data-reset])");
    if (link) { event.preventDefault(); change(link.matches("[data-lecture]") ? { lecture: 1 } : { s: +link.getAttribute("href").slice(-1) }); scrollTo(0, 0); }
    fields(event);
  });
  document.addEventListener("keydown", (event) => {
    fields(event);
    if (event.target.matches?.("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
    const turn = { PageDown: 1, PageUp: -1 }[event.key];
    if (turn && state.lecture) { event.preventDefault(); change({ s: Math.min(6, Math.max(1, state.s + turn)) }); }
    if (event.key === "Escape" && state.lecture) change({ lecture: 0 });
    if (event.key === "n" || event.key === "N") document.querySelector(`#screen${state.s} [data-key]:not(:disabled), #screen${state.s} [data-action^=new]:not(:disabled)`)?.click();
  });
  byId("ratio").addEventListener("input", (event) => change({ ratio: +event.target.value }, false));
  document.querySelectorAll("[data-box]").forEach((select) => select.addEventListener("change", () => {
    boxed = "";
    change({ box: state.box.split(",").map((v, k) => (k === +select.dataset.box ? select.value : v)).join(",") }, false);
  }));
  byId("grow").addEventListener("change", () => render());
  byId("n").addEventListener("input", (event) => change({ n: nScale(+event.target.value) }, false));
  byId("mistake").addEventListener("input", (event) => change({ x: judge.mistakes[+event.target.value] }, false));
  document.querySelector("fieldset").addEventListener("change", (event) => change({ guess: event.target.value }, false));
  addEventListener("hashchange", () => { ({ state, junk } = parse(location.hash, kinds)); render(); });
  addEventListener("popstate", () => { ({ state, junk } = parse(location.hash, kinds)); render(); });
  narrowQuery.addEventListener("change", render);
  addEventListener("beforeprint", () => { drawTwins(); drawPrice(1); drawBoard(1); drawRace(true); drawJudge(1); drawMap(1); });
  addEventListener("afterprint", () => { for (let s = 1; s <= 6; ++s) draw[s](); render(); });
  render();
  document.documentElement.dataset.ready = "1";
  if (location.search === "?selftest") selftest();
}

// Replicates of every preset on this machine, against the result files; the last line of the page says how it went.
function selftest() {
  let done = 0, equal = 0;
  for (const [id, preset] of Object.entries(presets))
    preset.groups.forEach((group, g) => {
      for (let r = 0; r < Math.min(preset.replicates, 6); ++r, ++done)
        if (laboratory.run(preset, group, r).hash.startsWith(storedHash(id, g, r))) ++equal;
    });
  document.body.insertAdjacentHTML("beforeend", `<p id="selftest">selftest: ${equal === done ? "passed" : "FAILED"}, ${equal} of ${done} replicates equal</p>`);
}

start().catch((error) => {
  document.documentElement.classList.remove("js");
  byId("notice").textContent = `The laboratory does not run in this browser (${error.message}); what follows is the lesson's text.`;
});
