import * as map from "../figures/map.js";
import * as sandbox from "./sandbox.js";
import { bind, button, change, fillTable, presets, put, results, store } from "../store.js";
import { chosen } from "../state.js";

const pairs = [...new Set(presets.map.points.map((p) => p.pairs))], mistakes = [...new Set(presets.map.points.map((p) => p.world.excess))];
const ratio = mistakes.map((_, i) => results.map.ratio.slice(8 * i, 8 * i + 8)), { crossing } = results.map;

export function draw() {
  const { border, shown } = store.state, open = shown || store.printing, rows = chosen(border);
  const focus = document.activeElement?.dataset?.field;
  put("figure6", map.chart({ pairs, mistakes, ratio, border, crossing, open, narrow: store.narrow && !store.printing }));
  if (focus) document.querySelector(`[data-field="${focus}"]`)?.focus();
  const fields = ratio.flatMap((row, i) => row.map((m, k) => ({ who: map.winner(m), mine: k < +border[i] ? "rm" : "dpo", theory: crossing[i] > pairs[k] ? "rm" : "dpo" }))).filter(({ who }) => who);
  const right = (whose) => fields.filter((field) => field.who === field[whose]).length;
  button("show", { there: !shown, ready: rows === 8 });
  bind("rows", open ? "" : `${rows} of 8 rows chosen`);
  bind("consequence6", open ? `Of <output>${fields.length}</output> fields that 24 data sets decide, ${rows === 8 ? `your border names the winner in <output>${right("mine")}</output> and ` : ""}theory's line, drawn before any data, names it in <output>${right("theory")}</output>. Blue with ●: the reward model is ahead; orange with ◆: DPO is; hatched: undecided.`
    : "What lies left of your dotted border is the reward model's. A field that you choose once more goes to the reward model, too.");
  fillTable(6, open ? map.numbers({ pairs, mistakes, ratio }) : "<p>covered until you have drawn the border</p>");
  sandbox.draw();
}

// A click or a key on the map's fields.
export function onField(event) {
  const field = event.target.closest?.("[data-field]");
  if (!field) return;
  const [i, k] = field.dataset.field.split(",").map(Number);
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
  if (event.type === "keydown" && steps) {
    event.preventDefault();
    const to = document.querySelector(`[data-field="${Math.min(7, Math.max(0, i + steps[0]))},${Math.min(7, Math.max(0, k + steps[1]))}"]`);
    field.setAttribute("tabindex", -1);
    to.setAttribute("tabindex", 0);
    to.focus();
  } else if (event.type === "click" || event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (!store.state.shown) return change({ border: map.moved(store.state.border, i, k) }, false);
    // Opens the row in 5, at the nearest mistake that it has, unless the guess there is still to be made.
    const of = results["wrong-judge"].mistakes, far = (m) => Math.abs(Math.log(m / mistakes[i]));
    change({ s: 5, ...(store.state.locked && { x: of.reduce((a, b) => (far(b) < far(a) ? b : a)), live: 0 }) });
  }
}

export const actions = { show: () => { store.answering = "shown"; change({ shown: 1 }); }, ...sandbox.actions };
