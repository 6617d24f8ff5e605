// The page at work: the screen of the state, and what buttons, keys, links, sliders and the printer do.
import * as board from "./screens/board.js";
import * as map from "./screens/map.js";
import * as price from "./screens/price.js";
import * as race from "./screens/race.js";
import { choose } from "./screens/sandbox.js";
import * as twins from "./screens/twins.js";
import * as wrong from "./screens/wrong-judge.js";
import { byId, change, openCore, presets, readAddress, reset, store, storedHash } from "./store.js";

const screens = [twins, price, board, race, wrong, map];
const actions = Object.assign({}, ...screens.map((s) => s.actions));
const links = [...document.querySelectorAll("nav a[data-screen]")];

store.draw = () => {
  const { s, lecture, embed, hide } = store.state, hidden = hide.split(",");
  screens.forEach((_, k) => byId(`screen${k + 1}`).classList.toggle("current", k + 1 === s));
  links.forEach((a, k) => (k + 1 === s ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current")));
  document.body.classList.toggle("lecture", !!lecture);
  document.body.classList.toggle("embed", !!embed);
  screens[s - 1].draw();
  for (const at of document.querySelectorAll("[data-part]")) at.classList.toggle("hidden-part", hidden.includes(at.dataset.part));
  store.answering = "";
  byId("notice").textContent = store.junk.length ? `The link is not quite one of this page's: ${store.junk.join("; ")}. What it left out stands at its default.` : "";
};

function onClick(event) {
  const at = event.target.closest?.("[data-action]"), link = event.target.closest?.("nav a");
  if (at && (!at.dataset.repeats || Date.now() - onClick.last >= 90)) {  // a key that is held: ten a second
    onClick.last = Date.now();
    actions[at.dataset.action]();
  }
  if (link) {
    event.preventDefault();
    if (link.matches("[data-reset]")) reset();
    else change(link.matches("[data-lecture]") ? { lecture: 1 } : { s: +link.dataset.screen });
    scrollTo(0, 0);
  }
  map.onField(event);
}
onClick.last = 0;

function onKey(event) {
  map.onField(event);
  const { s, lecture } = store.state;
  if (event.target.matches?.("input, select, textarea") && !/^(Page|Escape)/.test(event.key)) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const turn = { PageDown: 1, PageUp: -1 }[event.key];
  if (turn && lecture) {
    event.preventDefault();
    change({ s: Math.min(6, Math.max(1, s + turn)) });
  }
  if (event.key === "Escape" && lecture) change({ lecture: 0 });
  if (event.key === "n" || event.key === "N") document.querySelector(`#screen${s} button.go:not(:disabled, [hidden])`)?.click();
}

// A guess may be dragged in its picture.
function letDrag(id, to) {
  const figure = byId(id), move = (event) => {
    if (!event.buttons || !figure.classList.contains("drag")) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(figure.querySelector("svg").getScreenCTM().inverse());
    to(at.x, at.y);
  };
  figure.addEventListener("pointerdown", (event) => { if (figure.classList.contains("drag")) figure.setPointerCapture(event.pointerId); move(event); });
  figure.addEventListener("pointermove", move);
}

function listen() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  for (const screen of screens) {
    for (const [id, does] of Object.entries(screen.inputs ?? {})) byId(id).addEventListener("input", (event) => does(event.target.value));
    for (const [name, does] of Object.entries(screen.radios ?? {}))
      for (const at of document.querySelectorAll(`[name=${name}]`)) at.addEventListener("change", (event) => does(event.target.value));
    for (const [id, does] of Object.entries(screen.drags ?? {})) letDrag(id, does);
  }
  for (const select of document.querySelectorAll("[data-box]")) select.addEventListener("change", () => choose(+select.dataset.box, select.value));
  addEventListener("hashchange", readAddress);
  addEventListener("popstate", readAddress);
  // On paper every screen stands with its answer.
  const print = (printing) => {
    store.printing = printing;
    for (const screen of screens) screen.draw();
    store.draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}

// Replicates of every preset on this machine, against the result files; the last line of the page says how it went.
function selftest() {
  let done = 0, equal = 0;
  for (const [id, preset] of Object.entries(presets))
    preset.groups.forEach((group, g) => {
      for (let r = 0; r < Math.min(preset.replicates, 6); ++r, ++done)
        if (store.laboratory.run(preset, group, r).hash.startsWith(storedHash(id, g, r))) ++equal;
    });
  document.body.insertAdjacentHTML("beforeend", `<p id="selftest">selftest: ${equal === done ? "passed" : "FAILED"}, ${equal} of ${done} replicates equal</p>`);
}

async function start() {
  document.documentElement.classList.add("js");
  links.forEach((a, k) => { a.href = `#s=${k + 1}`; });
  byId(`screen${store.state.s}`).classList.add("current");
  await openCore();
  listen();
  store.draw();
  document.documentElement.dataset.ready = "1";
  if (location.search === "?selftest") selftest();
}

start().catch((error) => {
  document.documentElement.classList.remove("js");
  byId("notice").textContent = `The laboratory does not run in this browser (${error.message}); what follows is the lesson's text.`;
});
