// Serves a page to be measured, and the module that it measures, to this machine alone.
import { createServer } from 'node:http';
import { once } from 'node:events';
import sirv from 'sirv';

/** The page's folder at the root, and the module's at /eventloom/. */
export async function serve(page, module) {
  // With these two the clock of the page ticks in microseconds, not in tenths of a millisecond.
  const setHeaders = (response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  };
  const [files, wasm] = [page, module].map((folder) => sirv(folder, { dev: true, setHeaders }));
  const server = createServer((request, response) => {
    const missing = () => {
      response.statusCode = 404;
      response.end(`Nothing is served at ${request.url}`);
    };
    if (!request.url.startsWith('/eventloom/')) return files(request, response, missing);
    request.url = request.url.slice('/eventloom'.length);
    return wasm(request, response, missing);
  });
  server.listen(Number(process.env.BENCH_PORT ?? 0), '127.0.0.1');
  await once(server, 'listening');
  return server;
}
