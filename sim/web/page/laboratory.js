// The C interface (sim/web/laboratory.hpp) for JavaScript: one laboratory, which runs replicates of presets.
// A preset is {name, seed, world, arms: [{algorithm, of, degree, penalty, beta_factor}], points: [{world, pairs}]},
// `of` the class that an arm fits.

export async function openLaboratory(bytes) {
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = () => 0;  // of a system that is not there: nothing is printed or read
  const instance = await WebAssembly.instantiate(module, imports);
  instance.exports._initialize?.();
  return new Laboratory(instance.exports);
}

export class Laboratory {
  constructor(core) {
    this.core = core;
    this.opened = "";
  }

  hand(...texts) {
    // Views die when the memory grows, so each call takes its own.
    const at = this.core.lab_text(), memory = new Uint8Array(this.core.memory.buffer, at, 1024);
    memory.set(new TextEncoder().encode(texts.map((t) => t + "\0").join("")));
  }

  open(preset, point) {
    const world = { ...preset.world, ...point };
    const key = JSON.stringify([preset.name, preset.seed, preset.arms, world]);
    if (key === this.opened) return;
    this.opened = "";
    this.core.lab_clear();
    for (const [setting, value] of Object.entries(world)) {
      if (setting === "family") continue;
      if (typeof value === "number") {
        this.hand(setting);
        this.core.lab_set_number(value);
      } else {
        this.hand(setting, value);
        this.core.lab_set_text();
      }
    }
    for (const { algorithm, of, degree = 0, penalty, beta_factor = 1 } of preset.arms) {
      this.hand(algorithm, of, penalty.kind);
      this.core.lab_arm(degree, penalty.lambda ?? 0, beta_factor);
    }
    this.hand(preset.name, world.family);
    this.core.lab_open(preset.seed);
    this.opened = key;
    this.replicate = -1;
  }

  // All arms at one point: regrets, and whether each fit reached its tolerance.
  fit(preset, point, replicate) {
    this.open(preset, point.world);
    if (this.replicate !== replicate || point.pairs < this.pairs) this.core.lab_replicate(replicate);
    this.replicate = replicate;
    this.pairs = point.pairs;
    this.core.lab_draw(point.pairs);
    const regret = preset.arms.map((_, a) => this.core.lab_fit(a));
    return { regret, sound: preset.arms.every((_, a) => this.core.lab_converged(a)) };
  }

  // Rewards of all completions, averaging 0: of the truth (-1) or of an arm's last fit.
  rewards(arm) {
    const at = this.core.lab_rewards(arm), count = this.core.lab_completions();
    const values = Array.from(new Float64Array(this.core.memory.buffer, at, count));
    const mean = values.reduce((sum, x) => sum + x, 0) / count;
    return values.map((x) => x - mean);
  }

  // One replicate at some points of a preset: {regret: [point][arm], sound: [point], hash}.
  run(preset, points, replicate) {
    const out = { regret: [], sound: [], hash: "" };
    let hash = 0xcbf29ce484222325n;
    this.core.lab_digest();
    for (const p of points) {
      const { regret, sound } = this.fit(preset, preset.points[p], replicate);
      out.regret.push(regret);
      out.sound.push(sound);
      hash = BigInt.asUintN(64, (hash ^ BigInt.asUintN(64, this.core.lab_digest())) * 0x100000001b3n);
    }
    out.hash = hash.toString(16).padStart(16, "0");
    return out;
  }
}
