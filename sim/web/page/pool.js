// Several laboratories at work: workers made of the page's own text, since a page that was opened as a file may load no
// other. Results are folded in the order of replicates, whoever brings them first. Nothing runs while nobody sees the page.
import { Laboratory, openLaboratory } from "./laboratory.js";

function serve() {
  let opening;
  self.onmessage = async ({ data }) => {
    try {
      const laboratory = await (opening ??= openLaboratory(data.bytes));
      if (data.preset) self.postMessage({ of: data.of, replicate: data.replicate, result: laboratory.run(data.preset, data.points, data.replicate) });
    } catch (error) {
      self.postMessage({ of: data.of, failed: String(error) });
    }
  };
}

export class Pool {
  constructor(bytes, size) {
    // Names that page.py keeps.
    const text = `const openLaboratory = ${openLaboratory}; const Laboratory = ${Laboratory}; (${serve})();`;
    const place = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.workers = Array.from({ length: size }, () => new Worker(place));
    for (const worker of this.workers) worker.postMessage({ bytes });
    this.job = 0;
    this.end = () => {};
  }

  cancel() {
    ++this.job;
    this.end(false);
  }

  // Runs replicates first .. first + count - 1; `fold(result, replicate)` sees them in order. Resolves to whether all
  // came.
  run(preset, points, first, count, fold) {
    this.cancel();
    const job = this.job, waiting = new Map();
    let next = first, due = first;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      const give = (worker) => {
        if (job !== this.job || next === first + count) return;
        if (document.hidden) document.addEventListener("visibilitychange", () => give(worker), { once: true });
        else worker.postMessage({ preset, points, replicate: next++, of: job });
      };
      for (const worker of this.workers) {
        worker.onmessage = ({ data }) => {
          if (data.of !== this.job || job !== this.job) return;  // of one that was cancelled
          if (data.failed) return reject(new Error(data.failed));
          waiting.set(data.replicate, data.result);
          for (; waiting.has(due); waiting.delete(due++)) fold(waiting.get(due), due);
          if (due === first + count) resolve(true);
          else give(worker);
        };
        give(worker);
      }
    });
  }
}
