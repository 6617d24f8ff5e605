// browser_test.mjs [PAGE.html]: the lesson's page in Debian's chromium, opened as a file, as a reader opens it. Prints a line
// for each test, or for those that $ONLY is a part of; `npm ci` brings what it imports. $SLOW multiplies the times allowed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const place = process.argv[2] ?? fileURLToPath(new URL("../../results/teaching/lesson.html", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const file = `file://${place}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const data = JSON.parse(readFileSync(place, "utf8").match(/id="data">([^<]*)</)[1]);
// Screens as they open, and with every guess made and answered.
const ANSWERED = ["", "#h=4", "#s=2", "#s=2&ratio=4&told=1", "#s=3", "#s=3&guess=row&turned=1", "#s=3&guess=none&turned=1&broken=ridge",
                  "#s=3&guess=all&turned=1&broken=beta&many=1", "#s=4", "#s=4&saves=2&runs=2", "#s=5", "#s=5&n=1500", "#s=5&n=1500&locked=1",
                  "#s=5&n=1500&locked=1&x=0.25", "#s=6", "#s=6&border=76543210&shown=1", "#s=6&border=76543210&shown=1&own=1"];
let failed = 0;

async function open(hash = "", { width = 1280, height = 720, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  const page = await context.newPage();
  page.trouble = [];
  page.on("console", (m) => m.type() === "error" && page.trouble.push(m.text()));
  page.on("pageerror", (e) => page.trouble.push(e.message));
  page.on("request", (r) => /^(file|blob|data):/.test(r.url()) || page.trouble.push(r.url()));
  await page.goto(file + hash);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("html[data-ready]", { timeout: 30000 });
  return page;
}
// Not page.waitForFunction, which evaluates texts, as the page's policy forbids.
async function until(page, name, says) {
  for (let k = 0; k < 600; ++k) {
    if ((await text(page, name)).startsWith(says)) return;
    await page.waitForTimeout(200);
  }
  throw new Error(`${name} says “${await text(page, name)}”, not “${says}”`);
}
// Another link into a page that is open.
const follow = (page, hash) => page.evaluate((to) => {
  history.replaceState(null, "", to || "#");
  dispatchEvent(new HashChangeEvent("hashchange"));
}, hash);
const close = (page) => page.context().close();
const text = (page, name) => page.locator(`[data-bind="${name}"]`).first().innerText();
function expect(truth, what) { if (!truth) throw new Error(what); }

async function test(name, body) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) return;
  try {
    await body();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

await test("opens as a file, asks for nothing, and says nothing to the console", async () => {
  for (const hash of ANSWERED) {
    const page = await open(hash);
    expect(page.trouble.length === 0, `${hash}: ${page.trouble.join("; ")}`);
    await close(page);
  }
});

await test("opens on the median data set, whose bits are the result's", async () => {
  const page = await open();
  expect((await text(page, "d")) === String(data.results.twins.opening), await text(page, "d"));
  expect((await text(page, "same1")).startsWith("1 of 1"), await text(page, "same1"));
  await close(page);
});

await test("New data changes the data set alone; Reset is another button", async () => {
  const first = data.results.twins.opening, page = await open(`#h=4&d=${first + 1}`);
  await page.click("[data-action=new1]");
  expect(page.url().endsWith(`#h=4&d=${first + 2}`), page.url());
  expect((await text(page, "better")).endsWith("of 3"), await text(page, "better"));  // all since the one it opens on
  await page.click("[data-reset]");
  expect(page.url().endsWith("#"), page.url());
  await close(page);
});

await test("links come back as they went, and junk is named", async () => {
  for (const hash of ["#s=2&ratio=7.5&told=1&walks=6", "#s=3&guess=row&turned=1&b=12&broken=beta", "#s=4&saves=2.5&runs=3&turn=1", "#s=5&n=3000&locked=1&x=0.25&live=1",
                      "#s=6&border=12345678&shown=1", "#s=6&box=4,800,1,0.2,1&own=1"]) {
    const page = await open(hash);
    const back = await page.evaluate(() => { document.querySelector("nav a[aria-current]").click(); return location.hash; });
    expect(back === hash, `${hash} became ${back}`);
    expect((await page.locator("#notice").innerText()) === "", "a notice");
    await close(page);
  }
  for (const hash of ["#s=9", "#d=1e3", "#d=-1", "#n=NaN", "#toString=1", "#__proto__=1", "#s=1=2", "#x=0.13", "#hide=all", "#border=123", "#%00", "#told=true",
                      "#s=2&told=1", "#s=3&turned=1", "#s=4&runs=5", "#s=5&locked=1", "#s=6&border=1234567-&shown=1"]) {
    const page = await open(hash);
    expect((await page.locator("#notice").innerText()).includes("link"), `${hash} passes unremarked`);
    expect(page.trouble.length === 0, page.trouble.join("; "));
    await close(page);
  }
});

await test("one, two and four workers give the same bits, in the same order", async () => {
  const seen = [];
  for (const workers of [1, 2, 4]) {
    const page = await open(`#s=4&saves=2&workers=${workers}`);
    await page.click("[data-action=all]");
    await until(page, "same4", "54 of 54");
    seen.push(await page.locator("#figure4").innerHTML());
    await close(page);
  }
  expect(seen[0] === seen[1] && seen[0] === seen[2], "figures differ");
});

await test("60 data sets of screen 5 run here, with the bits of the result", async () => {
  const page = await open("#s=5&n=1500");
  await page.click("[data-action=lock]");
  await until(page, "same5", "60 of 60");
  const shown = (await text(page, "answer5")).replaceAll(" ", "");
  const at = Number(data.results["wrong-judge"].crossing.estimate.toPrecision(3));
  expect(shown.includes(`measured${at}`), shown);
  await close(page);
});

await test("a run that is cancelled leaves nothing behind", async () => {
  const page = await open("#s=4&saves=2&workers=1");
  await page.click("[data-action=all]");
  await page.waitForTimeout(120);
  await page.click("[data-reset]");
  await page.waitForTimeout(1500);
  expect((await text(page, "race-count")) === "", await text(page, "race-count"));
  expect((await page.locator("[data-action=all]").innerText()).startsWith("Run all"), "the button does not say what it does");
  expect(page.trouble.length === 0, page.trouble.join("; "));
  await close(page);
});

// Every state that sliders and buttons lead to, as links; runs come before the states that show them.
function states() {
  const { presets, results } = data, count = (n, of) => Array.from({ length: n }, (_, k) => of(k)), sets = presets.twins.replicates;
  const walks = [2, 4].flatMap((h) => count(sets, (k) => `#h=${h}&d=${(results.twins.opening + k) % sets}`));
  const halves = (low, high) => count(2 * (high - low) + 1, (k) => low + k / 2);
  const price = [...halves(1, 12).flatMap((r) => ["", "&told=1"].map((t) => `#s=2&ratio=${r}${t}`)), ...[1, 2, 3, 4, 6].map((w) => `#s=2&walks=${w}`)];
  const all = presets.race.replicates, raced = (g, r) => ["", "&turn=1"].map((t) => `#s=4&saves=${g}&runs=${r}${t}`);
  const race = [...halves(1, 5).flatMap((g) => raced(g, all)), ...count(all, (r) => r).flatMap((r) => [1, 2.5, 5].flatMap((g) => raced(g, r)))];
  const guesses = new Set(count(101, (k) => { const n = 500 * 32 ** (k / 100), digit = 10 ** Math.floor(Math.log10(n) - 1); return Math.min(16000, Math.max(500, Math.round(n / digit) * digit)); }));
  const judge = [...[...guesses].flatMap((n) => ["", "&locked=1"].map((l) => `#s=5&n=${n}${l}`)),
                 ...results["wrong-judge"].mistakes.flatMap((x) => ["", "&live=1"].map((l) => `#s=5&n=1500&locked=1&x=${x}${l}`))];
  return [...walks, ...price, ...race, ...judge, "#s=2", "#s=4", "#s=5", "#s=6", "#s=6&border=76543210&shown=1"];
}

await test("no two texts of a figure meet, at 1280 and at 390, wherever sliders and buttons lead", async () => {
  const page = await open("#s=4&saves=2&runs=54"), wrong = [];
  await until(page, "same4", "54 of 54");
  for (const x of data.results["wrong-judge"].mistakes) {
    await page.evaluate((hash) => { location.hash = hash; }, `#s=5&n=1500&locked=1&live=1&x=${x}`);
    await page.waitForSelector("#screen5 [data-action=run5]", { state: "hidden", timeout: 120000 });
  }
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    const list = states();
    for (let k = 0; k < list.length; k += 50)  // an answer each second or so
      wrong.push(...await page.evaluate((hashes) => {
          const out = [];
          for (const hash of hashes) {
            history.replaceState(null, "", hash);
            dispatchEvent(new HashChangeEvent("hashchange"));
            if (document.querySelector("#notice").textContent) out.push(`${hash}: ${document.querySelector("#notice").textContent}`);
            for (const svg of document.querySelectorAll(".current svg")) {
              const boxes = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]), frame = svg.getBoundingClientRect();
              boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
                if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3) out.push(`${hash} at ${innerWidth}: “${a}” and “${b}”`);
              }));
              for (const [t, p] of boxes)
                if (p.left < frame.left - 1 || p.right > frame.right + 1 || p.top < frame.top - 3 || p.bottom > frame.bottom + 3) out.push(`${hash} at ${innerWidth}: “${t}” is cut off`);
            }
          }
          return out;
        }, list.slice(k, k + 50)));
  }
  expect(wrong.length === 0, `${wrong.length}: ${wrong.slice(0, 5).join(", ")}`);
  await close(page);
});

await test("nothing is wider than a screen of 320", async () => {
  const page = await open("", { width: 320, height: 640 });
  for (const hash of ANSWERED) {
    await follow(page, hash);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${hash}: ${over} px`);
  }
  await close(page);
});

await test("a screen fits 1280 x 720, foot and all, and so does a lecture's, which PageDown turns", async () => {
  const fitting = await open();
  for (const hash of ANSWERED.filter((h) => !h.includes("own=")))
    for (const mode of ["", "&lecture=1"]) {
      await follow(fitting, `${hash || "#"}${mode}`);
      if (hash.includes("many")) await fitting.waitForSelector("[data-action=hundred]", { state: "hidden", timeout: 120000 });
      const over = await fitting.evaluate(() => Math.round(document.querySelector(".current .foot").getBoundingClientRect().bottom + scrollY - innerHeight));
      expect(over <= 0, `${hash}${mode}: ${over} px too high`);
    }
  await close(fitting);
  const page = await open("#lecture=1");
  for (let s = 1; s <= 6; ++s) await page.keyboard.press("PageDown");
  expect(page.url().includes("s=6"), page.url());
  await close(page);
});

await test("on a phone the picture that changes is seen with the button that changes it", async () => {
  for (const hash of ["", "#h=4"]) {
    const page = await open(hash, { width: 390, height: 844 });
    const low = await page.evaluate(() => {
      const [figure, button] = ["#figure1 svg", "[data-action=new1]"].map((q) => document.querySelector(q).getBoundingClientRect());
      return Math.max(figure.bottom - button.top, button.bottom - innerHeight);
    });
    expect(low <= 0, `${hash}: ${Math.round(low)} px too low`);
    await close(page);
  }
});

await test("no answer is told before its guess", async () => {
  for (const [hash, button, ...secrets] of [
    ["#s=2", "tell", data.results.price.ratio[3].estimate.toFixed(2), data.results.price.ratio[4].estimate.toFixed(2)],
    ["#s=3", "turn", "0.1120288", "Rows agree"], ["#s=4", "all", "×"],
    ["#s=5", "lock", "four times", "theory", "4680", "4080"], ["#s=6", "show", "theory's line", "undecided"]]) {
    const page = await open(hash), words = await page.locator(".current").innerText();
    expect(await page.locator(`[data-action=${button}]`).isDisabled(), `${hash}: ${button} is there without a guess`);
    for (const secret of secrets) expect(!words.replace("measurement", "").includes(secret), `${hash} says “${secret}”`);
    await close(page);
  }
});

await test("guesses are dragged in the picture, by eight fields, by sliders", async () => {
  const page = await open("#s=2"), box = async (q) => page.locator(q).boundingBox();
  let at = await box("#figure2 svg");
  await page.mouse.move(at.x + at.width / 2, at.y + at.height * 0.6);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width / 2, at.y + at.height * 0.4, { steps: 4 });
  await page.mouse.up();
  expect(/ratio=\d/.test(page.url()), page.url());
  await page.click("[data-action=tell]");
  expect((await text(page, "consequence2")).startsWith("You said"), await text(page, "consequence2"));
  await page.click("nav a[data-screen='5']");
  at = await box("#figure5 svg");
  await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
  expect(/n=\d/.test(page.url()), page.url());
  await page.click("nav a[data-screen='6']");
  for (let i = 0; i < 8; ++i) await page.click(`[data-field="${i},${7 - i}"]`);
  await page.click("[data-field='0,7']");  // once more: none of the row is DPO's
  expect(page.url().includes("border=86543210"), page.url());
  await page.click("[data-action=show]");
  expect((await text(page, "consequence6")).includes("your border"), await text(page, "consequence6"));
  await close(page);
});

await test("what was broken is mended, and no sentence outlives its state", async () => {
  const page = await open("#s=3&guess=row&turned=1");
  await page.click("[data-action=hundred]");
  await until(page, "hundred", "100 data sets");
  const whole = await text(page, "hundred");
  await page.check("[value=ridge]");
  expect((await text(page, "hundred")) === "" && (await text(page, "consequence3")).startsWith("Broken"), await text(page, "hundred"));
  await page.check("[name=broken][value='']");
  await page.click("[data-action=hundred]");
  expect((await text(page, "hundred")) === whole, await text(page, "hundred"));
  await close(page);
});

await test("axe finds nothing", async () => {
  const page = await open();
  await page.evaluate(axe);
  for (const hash of ANSWERED) {
    await follow(page, hash);
    const { violations } = await page.evaluate(() => axe.run());
    expect(violations.length === 0, `${hash}: ${violations.map((v) => `${v.id} (${v.nodes[0].html.slice(0, 80)})`).join(", ")}`);
  }
  await close(page);
});

await test("from the first screen to a locked guess by keyboard alone", async () => {
  const page = await open();
  const reach = async (what) => {
    for (let k = 0; k < 60; ++k) {
      if (await page.evaluate((w) => document.activeElement.matches(w), what)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${what} is not reached`);
  };
  await reach("nav a[data-screen='5']");
  await page.keyboard.press("Enter");
  await reach("#n");
  await page.keyboard.press("ArrowRight");
  await reach("[data-action=lock]");
  await page.keyboard.press("Enter");
  expect(page.url().includes("locked=1"), page.url());
  await close(page);
});

await test("without scripts the first picture stands, every screen speaks, and nothing is there to be pressed in vain", async () => {
  const page = await open("", { javaScriptEnabled: false });
  expect((await page.locator("#figure1 svg").count()) === 3, "no picture");
  expect((await page.locator(".screen:visible").count()) === 6, "screens are hidden");
  const dead = await page.locator("button:visible, input:visible, select:visible, fieldset:visible").count();
  expect(dead === 0, `${dead} dead controls`);
  for (let s = 1; s <= 6; ++s) expect((await page.locator(`#screen${s} .consequence`).first().innerText()).length > 60, `screen ${s} says nothing`);
  await close(page);
});

await test("printed on A4, there are six figures and six consequences, none of them cut", async () => {
  for (const hash of ["", "#s=3&guess=row"]) {
    const page = await open(hash, { width: 794 - 90, height: 1123 });  // what A4 leaves between its margins
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    for (let s = 1; s <= 6; ++s) {
      const parts = await page.locator(`#screen${s} svg:visible, #screen${s} .board:visible`).count();
      const words = await page.locator(`#screen${s} .consequence:visible`).first().innerText();
      expect(parts > 0 && words.length > 60 && !/undefined|NaN/.test(words), `screen ${s}: ${parts} figures, “${words}”`);
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${over} px too wide`);
    await close(page);
  }
});

await test("the first picture within a second, a slider within a tenth", async () => {
  const page = await open("#s=5&n=1500&locked=1");
  const [first, slide] = await page.evaluate(() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, at = document.querySelector("#mistake"), times = [];
    for (let k = 0; k <= 10; ++k) { const t = performance.now(); at.value = k; at.dispatchEvent(new Event("input")); document.body.getBoundingClientRect(); times.push(performance.now() - t); }
    return [paint, times.sort((a, b) => a - b)[5]];
  });
  const slow = Number(process.env.SLOW ?? 1);  // a busy machine
  expect(first <= 1000 * slow, `first picture after ${Math.round(first)} ms`);
  expect(slide <= 100 * slow, `slider takes ${Math.round(slide)} ms`);
  await close(page);
});

await browser.close();
process.exit(failed ? 1 : 0);
