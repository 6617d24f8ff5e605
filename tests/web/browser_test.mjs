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
const ANSWERED = ["", "#h=4", "#s=2", "#s=2&told=1&ratio=4", "#s=3", "#s=3&guess=row&turned=1", "#s=3&guess=none&turned=1&ridge=1", "#s=4", "#s=5",
                  "#s=5&locked=1", "#s=5&locked=1&x=0.25", "#s=6", "#s=6&border=76543210&shown=1"];
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
  const page = await open("#h=4&d=10");
  await page.click("[data-action=new1]");
  expect(page.url().endsWith("#h=4&d=11"), page.url());
  await page.click("[data-reset]");
  expect(page.url().endsWith("#"), page.url());
  await close(page);
});

await test("links come back as they went, and junk is named", async () => {
  for (const hash of ["#s=2&ratio=7&told=1", "#s=3&guess=row&turned=1&b=12", "#s=5&n=3000&locked=1&x=0.25", "#s=6&border=12345678&shown=1"]) {
    const page = await open(hash);
    const back = await page.evaluate(() => { document.querySelector("nav a[aria-current]").click(); return location.hash; });
    expect(back === hash, `${hash} became ${back}`);
    expect((await page.locator("#notice").innerText()) === "", "a notice");
    await close(page);
  }
  for (const hash of ["#s=9", "#d=1e3", "#d=-1", "#n=NaN", "#toString=1", "#__proto__=1", "#s=1=2", "#x=0.13", "#hide=all", "#border=123", "#%00", "#told=true"]) {
    const page = await open(hash);
    expect((await page.locator("#notice").innerText()).includes("link"), `${hash} passes unremarked`);
    expect(page.trouble.length === 0, page.trouble.join("; "));
    await close(page);
  }
});

await test("one, two and four workers give the same bits, in the same order", async () => {
  const seen = [];
  for (const workers of [1, 2, 4]) {
    const page = await open(`#s=4&workers=${workers}`);
    await page.click("[data-action=all]");
    await until(page, "same4", "54 of 54");
    seen.push(await page.locator("#figure4").innerHTML());
    await close(page);
  }
  expect(seen[0] === seen[1] && seen[0] === seen[2], "figures differ");
});

await test("60 data sets of screen 5 run here, with the bits of the result", async () => {
  const page = await open("#s=5");
  await page.click("[data-action=lock]");
  await until(page, "same5", "60 of 60");
  const shown = (await text(page, "answer5")).replaceAll(" ", "");
  const at = Number(data.results["wrong-judge"].crossing.estimate.toPrecision(3));
  expect(shown.includes(`measured${at}`), shown);
  await close(page);
});

await test("a run that is cancelled leaves nothing behind", async () => {
  const page = await open("#s=4&workers=1");
  await page.click("[data-action=all]");
  await page.waitForTimeout(120);
  await page.click("[data-reset]");
  await page.waitForTimeout(1500);
  expect((await text(page, "race-count")).startsWith("no data set"), await text(page, "race-count"));
  expect(page.trouble.length === 0, page.trouble.join("; "));
  await close(page);
});

await test("no two texts of a figure meet, at 1280 and at 390", async () => {
  for (const width of [1280, 390])
    for (const hash of ANSWERED) {
      const page = await open(hash, { width, height: 844 });
      const met = await page.evaluate(() => {
        const out = [];
        for (const svg of document.querySelectorAll(".current svg")) {
          const boxes = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
          boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
            if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3) out.push(`“${a}” and “${b}”`);
          }));
          const frame = svg.getBoundingClientRect();
          for (const [t, p] of boxes) if (p.left < frame.left - 1 || p.right > frame.right + 1) out.push(`“${t}” is cut off`);
        }
        return out;
      });
      expect(met.length === 0, `${width} ${hash}: ${met.slice(0, 3).join(", ")}`);
      await close(page);
    }
});

await test("nothing is wider than a screen of 320", async () => {
  for (const hash of ANSWERED) {
    const page = await open(hash, { width: 320, height: 640 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${hash}: ${over} px`);
    await close(page);
  }
});

await test("a lecture's screens fit 1280 x 720, and PageDown turns them", async () => {
  const page = await open("#lecture=1");
  for (let s = 1; s <= 6; ++s) {
    const [inner, outer] = await page.evaluate(() => { const at = document.querySelector(".current"); return [at.scrollHeight, at.clientHeight]; });
    expect(inner <= outer + 1, `screen ${s} is ${inner} px high`);
    await page.keyboard.press("PageDown");
  }
  expect(page.url().includes("s=6"), page.url());
  await close(page);
  for (const hash of ANSWERED) {
    const page = await open(`${hash || "#"}&lecture=1`);
    const [inner, outer] = await page.evaluate(() => { const at = document.querySelector(".current"); return [at.scrollHeight, at.clientHeight]; });
    expect(inner <= outer + 1, `${hash} is ${inner} px high`);
    await close(page);
  }
});

await test("axe finds nothing", async () => {
  for (const hash of ANSWERED) {
    const page = await open(hash);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    expect(violations.length === 0, `${hash}: ${violations.map((v) => `${v.id} (${v.nodes[0].html.slice(0, 80)})`).join(", ")}`);
    await close(page);
  }
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
  await reach('nav a[href="#s=5"]');
  await page.keyboard.press("Enter");
  await reach("#n");
  await page.keyboard.press("ArrowRight");
  await reach("[data-action=lock]");
  await page.keyboard.press("Enter");
  expect(page.url().includes("locked=1"), page.url());
  await close(page);
});

await test("without scripts the first picture stands and every screen speaks", async () => {
  const page = await open("", { javaScriptEnabled: false });
  expect((await page.locator("#figure1 svg").count()) === 3, "no picture");
  expect((await page.locator(".screen:visible").count()) === 6, "screens are hidden");
  await close(page);
});

await test("printed, there are six figures and six consequences", async () => {
  const page = await open();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  for (let s = 1; s <= 6; ++s) {
    const parts = await page.locator(`#screen${s} svg:visible, #screen${s} .board:visible`).count();
    const words = await page.locator(`#screen${s} .consequence:visible`).first().innerText();
    expect(parts > 0 && words.length > 20, `screen ${s}: ${parts} figures, “${words}”`);
  }
  await close(page);
});

await test("the first picture within a second, a slider within a tenth", async () => {
  const page = await open("#s=5&locked=1");
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
