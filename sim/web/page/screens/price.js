import * as price from "../figures/price.js";
import { bind, button, byId, change, fillTable, put, results, store } from "../store.js";

export function draw() {
  const { ratio: guess, told, walks } = store.state, of = results.price, open = told || store.printing;
  put("figure2", price.chart({ ...of, guess, open, narrow: store.narrow && !store.printing }));
  byId("figure2").classList.toggle("drag", !open);
  byId("figure2").classList.toggle("telling", store.answering === "told");
  put("bundle", price.bundle(walks));
  bind("walks", walks);
  bind("walk-counts", `${3 ** walks} walks to ${2 * walks + 1} ends; ${price.freeDifferences(walks)} differences can be invented`);
  bind("ratio", guess ? `${guess} ×` : "?");
  byId("walks").value = price.STEPS.indexOf(walks);
  if (guess) byId("ratio").value = guess;
  byId("guess2").hidden = !!told;
  button("tell", { there: !told, ready: guess });
  const say = (k) => of.ratio[k].estimate.toFixed(2);
  bind("consequence2", open ? `${guess ? `You said ${guess}, it is` : "It is"} <b><output>${say(3)}</output></b> at four steps and <output>${say(4)}</output> at six. The line was known before any data: ${of.theory[3].toFixed(2)} and ${of.theory[4].toFixed(2)}. At six steps 400 comparisons are too few for its formula, and <b>the truth is worse for DPO than it says</b>; at four it is too close to tell. At one step there are no twins, and the two <i>are</i> one.`
    : guess ? "" : "Drag the dotted line, or the slider, to where you expect four steps.");
  fillTable(2, open ? price.numbers(of) : "<p>covered until you have guessed</p>");
}

const guess = (ratio) => store.state.told || change({ ratio }, false);
export const actions = { tell: () => { store.answering = "told"; change({ told: 1 }); } };
export const inputs = {
  ratio: (value) => guess(+value),
  walks: (value) => change({ walks: price.STEPS[value] }, false),
};
export const drags = { figure2: (x, y) => guess(price.guessAt(y, store.narrow)) };
