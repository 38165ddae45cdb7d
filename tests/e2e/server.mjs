// Serves dist/ as a static host would: under a path of its own, to prove that every address in it is
// relative.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

// 0 takes one that is free, and what is printed says which.
const port = Number(process.env.E2E_PORT ?? 8791);
const path = '/eventloom';

const at = (port) => `http://127.0.0.1:${port}${path}/`;

/** Where the page is found, unless any port will do. */
export const address = at(port);

function serve() {
  const dist = fileURLToPath(new URL('../../dist', import.meta.url));
  if (!existsSync(`${dist}/index.html`)) {
    console.error('There is no dist/index.html yet. Build the page first: trunk build --release');
    process.exit(1);
  }
  const files = sirv(dist, { dev: true });
  const server = createServer((request, response) => {
    const missing = () => {
      response.statusCode = 404;
      response.end(`Nothing is served at ${request.url}; the page is at ${path}/`);
    };
    if (!request.url.startsWith(`${path}/`)) return missing();
    request.url = request.url.slice(path.length);
    files(request, response, missing);
  });
  server.on('error', (error) => {
    console.error(
      error.code === 'EADDRINUSE'
        ? `Port ${port} is taken on 127.0.0.1. End what uses it (perhaps an earlier test run) and try again.`
        : `The test server could not start: ${error.message}`,
    );
    process.exit(1);
  });
  server.listen(port, '127.0.0.1', () => console.log(`Serving dist/ at ${at(server.address().port)}`));
}

// The benchmarks import the address alone.
if (process.argv[1] === fileURLToPath(import.meta.url)) serve();
