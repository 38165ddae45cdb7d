// Starts the page: loads the glue and the wasm that Trunk built, and says so in words when that fails.
// It is a file of its own so that a content security policy can forbid inline scripts.

const address = (id) => document.getElementById(id).href;

try {
  const glue = await import(address('app-glue'));
  await glue.default({ module_or_path: address('app-wasm') });
} catch (reason) {
  const sentence = document.createElement('p');
  sentence.setAttribute('role', 'alert');
  sentence.textContent =
    'Eventloom could not start. Reload the page; if it stays like this, open it in a current version of ' +
    `Firefox, Chrome, Edge or Safari. (${reason})`;
  document.getElementById('app').replaceChildren(sentence);
  throw reason;
}
