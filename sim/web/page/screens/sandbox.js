import { mean, short } from "../figures/draw.js";
import { bind, button, change, presets, run, stop, store } from "../store.js";
import { BOX } from "../state.js";

const NAMES = ["words", "comparisons", "degree", "mistake", "strength of the penalty"], COUNT = 40;
let regrets = [], of = "";  // of the world that ran last

export function draw() {
  const { box, own } = store.state, [horizon, pairs, degree, excess, lambda] = box.split(","), mine = of === box ? regrets : [];
  document.querySelectorAll("[data-box]").forEach((select) => {
    const k = +select.dataset.box;
    if (!select.options.length) select.innerHTML = BOX[k].map((v) => `<option>${v}</option>`).join("");
    select.value = box.split(",")[k];
    select.setAttribute("aria-label", NAMES[k]);
  });
  if (own) document.getElementById("own").open = true;
  button("box", { text: `Run ${COUNT} data sets`, there: mine.length < COUNT });
  const each = (arm) => short(mean(mine.map((g) => g[arm])));
  bind("box", `${mine.length ? `<b>${mine.length}</b> data sets: mean regret ● <output>${each(0)}</output>, ◆ DPO <output>${each(1)}</output>; DPO was better in <output>${mine.filter((g) => g[1] < g[0]).length}</output>. ` : ""}<code>twostage run wrong-judge horizon=${horizon} pairs=${pairs} world.degree=${degree} reward.degree=${degree} excess=${excess} penalty.kind=reference-kl penalty.lambda=${lambda} replicates=${COUNT}</code>`);
  if (own && !mine.length && !store.running) runBox();
}

async function runBox() {
  const { box } = store.state, [horizon, pairs, degree, excess, lambda] = box.split(",").map(Number), base = presets["wrong-judge"], all = [];
  const arms = base.arms.map((arm) => ({ ...arm, penalty: { kind: "reference-kl", lambda }, ...("degree" in arm && { degree }) }));
  await run("box", { ...base, world: { ...base.world, horizon, degree, excess }, points: [{ world: {}, pairs }], arms }, [0], 0, COUNT, (one) => {
    all.push(one.regret[0]);
    [regrets, of] = [all, box];
    if (store.state.s === 6) draw();
  });
}

export const actions = { box: () => (store.state.own ? runBox() : change({ own: 1 })) };
export function choose(k, value) {
  stop();
  change({ box: store.state.box.split(",").map((v, at) => (at === k ? value : v)).join(","), own: 0 }, false);
}
