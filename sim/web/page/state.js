// All state of the page is in the address behind the #: typed, strictly parsed. What is no state of it is named, and the
// default stands in its place.

const whole = (low, high) => ({ read: (t) => (/^\d{1,6}$/.test(t) && +t >= low && +t <= high ? +t : undefined), what: `a whole number from ${low} to ${high}` });
const half = (low, high) => ({ read: (t) => (/^\d{1,2}(\.5)?$/.test(t) && +t >= low && +t <= high ? +t : undefined), what: `a number from ${low} to ${high} in halves` });
const one = (...of) => ({ read: (t) => of.find((v) => String(v) === t), what: `one of ${of.join(", ")}` });
const flag = { read: (t) => (t === "1" ? 1 : undefined), what: "1 or left out" };
const names = (...of) => ({
  read: (t) => (t.split(",").every((n) => of.includes(n)) ? t : undefined), what: `names out of ${of.join(", ")}` });

// World of one's own: [words, comparisons, degree, mistake, strength of the penalty], each one of these.
export const BOX = [[3, 4, 5, 6], [100, 200, 400, 800, 1600, 3200, 6400], [1, 2], [0, 0.1, 0.2, 0.4], [0.5, 1, 4, 16]];
const box = {
  read: (t) => { const v = t.split(","); return v.length === 5 && v.every((x, k) => BOX[k].some((y) => String(y) === x)) ? t : undefined; },
  what: "five settings of a world" };

export const HIDEABLE = ["answer", "tally", "consequence", "command"];
export const NO_BORDER = "--------";
// key: [kind, default], in the order in which links have them. A guess of 0 or "" is none.
export const schema = (opening, excesses, raceSets) => ({
  s: [whole(1, 6), 1],  // the screen
  h: [one(2, 4), 2],  // twins: steps of a walk
  d: [whole(0, 199), opening],  // twins: the data set; those from the opening one to it have been seen
  ratio: [half(1, 12), 0],  // price: the guess at four steps
  told: [flag, 0],
  walks: [one(1, 2, 3, 4, 6), 2],  // price: steps of the walks that are drawn
  guess: [one("column", "row", "none", "all", ""), ""],  // board
  turned: [flag, 0],
  b: [whole(0, 199), 0],  // board: the data set
  broken: [one("ridge", "beta", ""), ""],
  many: [flag, 0],  // board: a hundred data sets
  saves: [half(1, 5), 0],  // race: the guess, so many times the comparisons
  runs: [whole(0, raceSets), 0],  // race: data sets that have run
  turn: [flag, 0],  // race: comparisons over regret
  n: [whole(500, 16000), 0],  // wrong judge: the guess
  locked: [flag, 0],
  x: [one(...excesses), 0.12],  // wrong judge: the mistake
  live: [flag, 0],  // wrong judge: its data sets have run here
  border: [{ read: (t) => (/^[0-8-]{8}$/.test(t) ? t : undefined), what: "eight digits from 0 to 8, or - for a row without" }, NO_BORDER],
  shown: [flag, 0],  // map: theory and colours
  box: [box, "5,400,2,0,4"],
  own: [flag, 0],  // the world of one's own has run
  lecture: [flag, 0],
  embed: [flag, 0],
  hide: [names(...HIDEABLE), ""],
  workers: [whole(1, 8), 0],
});

export const chosen = (border) => 8 - border.replace(/\d/g, "").length;
// Answers that nobody sees before a guess: [answer, its guess, whether that has been made].
const GUESSES = [["told", "ratio", (s) => s.ratio], ["turned", "guess", (s) => s.guess], ["runs", "saves", (s) => s.saves],
                 ["locked", "n", (s) => s.n], ["shown", "border", (s) => chosen(s.border) === 8]];

export function parse(hash, kinds) {
  const state = Object.fromEntries(Object.entries(kinds).map(([k, [, fallback]]) => [k, fallback])), junk = [];
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const [key, value = "", ...more] = part.split("=");
    if (!Object.hasOwn(kinds, key) || more.length) {
      junk.push(`“${part}” is nothing that this page knows`);
      continue;
    }
    const read = kinds[key][0].read(value);
    if (read === undefined) junk.push(`${key} must be ${kinds[key][0].what}, not “${value}”`);
    else state[key] = read;
  }
  for (const [answer, guess, made] of GUESSES)
    if (state[answer] && !made(state)) {
      junk.push(`${answer} needs a guess first, ${guess}`);
      state[answer] = kinds[answer][1];
    }
  return { state, junk };
}

export function format(state, kinds) {
  const parts = Object.entries(kinds).filter(([k, [, fallback]]) => state[k] !== fallback).map(([k]) => `${k}=${state[k]}`);
  return "#" + parts.join("&");
}
