// What the pages that are killed talk to: it serves them, hears what they say, and gives the word.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import sirv from 'sirv';

/**
 * Serves a page's folder, and the module's at /eventloom/. `hear(kind, round, tab, body)` is told of
 * each whole message; `go(round)` is what a page that asks to begin waits for.
 */
export async function listen(page, module, hear, go) {
  const [files, wasm] = [page, module].map((folder) => sirv(folder, { dev: true }));
  async function answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://here');
    const [round, tab] = [searchParams.get('round'), searchParams.get('tab')].map(Number);
    if (request.method === 'POST') hear(pathname.slice(1), round, tab, JSON.parse(await text(request)));
    else await go(round);
    response.end();
  }
  const server = createServer((request, response) => {
    const missing = () => response.writeHead(404).end();
    if (request.method === 'POST' || request.url.startsWith('/go?')) {
      // A browser that is killed in the middle of a message has said nothing.
      answer(request, response).catch(() => response.destroy());
    } else if (request.url.startsWith('/eventloom/')) {
      request.url = request.url.slice('/eventloom'.length);
      wasm(request, response, missing);
    } else files(request, response, missing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
