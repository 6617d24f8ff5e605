// hashes.mjs PAGE.html HASHES.json [CORE.wasm]: every replicate of every preset in WebAssembly, against the hashes that the
// build for this machine has. The core is the page's own unless one is given.
import { readFileSync } from "node:fs";

import { openLaboratory } from "../../sim/web/page/laboratory.js";
import { unpack } from "../../sim/web/page/unpack.js";

const [, , page, stored, given] = process.argv;
const html = readFileSync(page, "utf8");
const part = (id) => html.match(new RegExp(`<script type="[^"]*" id="${id}"[^>]*>([^<]*)</script>`))[1];
const core = given ? readFileSync(given) : unpack(Buffer.from(part("core"), "base64"), +html.match(/data-size="(\d+)"/)[1]);
const { presets } = JSON.parse(part("data").replaceAll("<\\/", "</")), hashes = JSON.parse(readFileSync(stored));
const laboratory = await openLaboratory(core);
let failed = 0;
for (const [id, preset] of Object.entries(presets)) {
  let equal = 0, all = 0;
  preset.groups.forEach((group, g) => {
    for (let r = 0; r < preset.replicates; ++r, ++all) equal += laboratory.run(preset, group, r).hash === hashes[id][g][r];
  });
  console.log(`${id}: ${equal} of ${all} replicates equal`);
  failed += equal !== all;
}
process.exit(failed ? 1 : 0);
