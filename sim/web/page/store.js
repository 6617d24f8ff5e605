// What all screens share: the numbers of the build, the state, the laboratory, and how a run is shown while it goes on.
import { openLaboratory } from "./laboratory.js";
import { Pool } from "./pool.js";
import { format, parse, schema } from "./state.js";
import { unpack } from "./unpack.js";

export const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
export const presets = data.presets;
export const results = data.results;

export const bind = (name, html) => { for (const at of document.querySelectorAll(`[data-bind="${name}"]`)) if (at.innerHTML !== String(html)) at.innerHTML = html; };
export const put = (id, html) => { byId(id).innerHTML = html; };
export const fillTable = (screen, html) => { document.querySelector(`[data-table="${screen}"]`).innerHTML = html; };
export const action = (name) => document.querySelector(`[data-action="${name}"]`);

let told = 0, waiting;
export function announce(text) { // to screen readers, at most once a second
  clearTimeout(waiting);
  waiting = setTimeout(() => { told = Date.now(); byId("live").textContent = text; }, Math.max(0, told + 1000 - Date.now()));
}

const kinds = schema(results.twins.opening, results["wrong-judge"].mistakes, presets.race.replicates);
const narrowQuery = matchMedia("(max-width: 700px)");
export const store = {
  ...parse(location.hash, kinds),
  narrow: narrowQuery.matches,
  laboratory: null,
  running: "",  // the action whose run goes on
  answering: "",  // the screen whose answer is being told just now
  printing: false,
  draw: () => {},  // all of the current screen
};
narrowQuery.addEventListener("change", () => { store.narrow = narrowQuery.matches; store.draw(); });

export function change(next, remember = true) {
  store.state = { ...store.state, ...next };
  store.junk = [];
  history[remember ? "pushState" : "replaceState"](null, "", format(store.state, kinds));
  store.draw();
}
export function readAddress() {
  Object.assign(store, parse(location.hash, kinds));
  store.draw();
}
export const stop = () => pool?.cancel();
export function reset() {
  stop();
  const { s, lecture, embed, hide } = store.state;
  change({ ...parse("", kinds).state, s, lecture, embed, hide });
}

// Data sets that have run here, against those of the result files.
const same = {};
export const storedHash = (id, group, r) => data.hashes[id][group].slice(6 * r, 6 * r + 6); // the beginning
export function compare(id, group, replicate, hash) {
  const stored = storedHash(id, group, replicate);
  if (stored) ((same[id] ??= {})[group] ??= new Map()).set(replicate, hash.startsWith(stored));
}
export function identical(id, group = 0) {
  const seen = [...(same[id]?.[group]?.values() ?? [])];
  return seen.length ? `<b>${seen.filter(Boolean).length} of ${seen.length}</b> identical, bit for bit` : "not compared yet";
}

let pool, bytes;
export async function openCore() {
  const { textContent, dataset } = byId("core");
  bytes = unpack(Uint8Array.from(atob(textContent), (c) => c.charCodeAt(0)), +dataset.size);
  store.laboratory = await openLaboratory(bytes);
}

// Runs replicates of a preset in the workers, shown as the run of action `name`, which stops it when it is pressed again.
export async function run(name, preset, points, first, count, fold) {
  pool ??= new Pool(bytes, store.state.workers || Math.min(4, navigator.hardwareConcurrency || 2));
  if (store.running === name) return pool.cancel();
  store.running = name;
  const all = await pool.run(preset, points, first, count, fold);
  if (store.running === name) store.running = "";
  store.draw();
  return all;
}

// A button: what it says, and whether it is there. While its run goes on it says how to stop it.
export function button(name, { text, there = true, main, ready = true }) {
  const at = action(name), runs = store.running === name;
  at.hidden = !there && !runs;
  at.disabled = !ready && !runs;
  if (text) at.textContent = runs ? "Stop" : text;
  if (main !== undefined) at.classList.toggle("go", main);
}
