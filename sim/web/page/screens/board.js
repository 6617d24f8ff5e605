import * as board from "../figures/board.js";
import { bind, button, change, compare, identical, presets, put, run, stop, store } from "../store.js";

const BREAKS = { "": "", ridge: " penalty.kind=ridge", beta: " options.beta_factor=2" };

// The preset as it stands, under a ridge, or with twice the beta in both learners of one stage.
function preset(broken) {
  const arms = presets.board.arms.map((arm) => broken === "ridge" ? { ...arm, penalty: { kind: "ridge", lambda: 4 } }
    : broken === "beta" && arm.algorithm === "dpo" ? { ...arm, beta_factor: 2 } : arm);
  return { ...presets.board, arms };
}
const dealt = new Map();
function regrets(d, broken) {
  const key = `${d},${broken}`;
  if (!dealt.has(key)) {
    const one = store.laboratory.run(preset(broken), [0], d);
    if (!broken) compare("board", 0, d, one.hash);
    dealt.set(key, one.regret[0]);
  }
  return dealt.get(key);
}

const many = { "": [], ridge: [], beta: [] };  // a hundred data sets of each
async function runMany() {
  const { broken } = store.state, all = [];
  await run("hundred", preset(broken), [0], 0, 100, (one, r) => {
    all.push(one.regret[0]);
    many[broken] = all;
    if (!broken) compare("board", 0, r, one.hash);
    if (store.state.s === 3) draw();
  });
}

export function draw() {
  const { turned, b, broken, guess, many: wanted } = store.state, open = turned || store.printing;
  const regret = open ? regrets(b, broken) : null;
  put("figure3", board.cards(regret));
  document.querySelector("fieldset.guess").hidden = !!turned;
  document.querySelector("fieldset.break").hidden = !turned;
  for (const at of document.querySelectorAll("[name=guess]")) at.checked = at.value === guess;
  for (const at of document.querySelectorAll("[name=broken]")) at.checked = at.value === broken;
  bind("consequence3", !regret ? "Under each card lies one number: the learner's regret, what it loses against the best policy."
    : board.verdict(regret, guess, broken));
  bind("b", b);
  bind("same3", identical("board"));
  bind("command3", `twostage explain board${BREAKS[broken]} --replicate ${b}`);
  button("turn", { there: !turned, ready: guess });
  button("new3", { there: turned, main: true });
  button("hundred", { there: turned && !(wanted && many[broken].length === 100), text: "100 data sets" });
  bind("hundred", turned && wanted && many[broken].length ? board.summary(many[broken]) : "");
  if (turned && wanted && !many[broken].length && store.running !== "hundred") runMany();
}

export const actions = {
  turn: () => change({ turned: 1 }),
  new3: () => change({ b: (store.state.b + 1) % presets.board.replicates }, false),
  hundred: () => (store.state.many ? runMany() : change({ many: 1 })),
};
export const radios = {
  guess: (value) => change({ guess: value }, false),
  broken: (value) => { stop(); change({ broken: value, many: 0 }); },
};
