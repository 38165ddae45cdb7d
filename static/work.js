// Begins the worker: loads the glue and the wasm that Trunk built of src/bin/worker.rs, under the name of
// the page's build, and tells the page when that fails.

try {
  const build = new URL(self.location.href).search;
  const glue = await import(`./worker.js${build}`);
  await glue.default({ module_or_path: new URL(`worker_bg.wasm${build}`, self.location.href) });
} catch (reason) {
  self.postMessage(['failed', `${reason}`]);
}
