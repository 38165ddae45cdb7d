// A copy of the built page, served to one test: it can be gone, and it can be another version than it was.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const LIST = /const FILES = (\{[^}]*\});/;
const VERSION = /const VERSION = '[0-9a-f]*';/;

export class Served {
  /** Serves it, as long as `use` runs. */
  static async with(use) {
    await mkdir(root('target/e2e'), { recursive: true });
    const served = new Served(await mkdtemp(root('target/e2e/served-')));
    try {
      await cp(root('dist'), served.folder, { recursive: true });
      await served.come(0);
      await use(served);
    } finally {
      await served.leave();
      await rm(served.folder, { recursive: true });
    }
  }

  constructor(folder) {
    this.folder = folder;
  }

  get address() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** It is there, at the port where it was. */
  async come(port = this.port) {
    this.server = createServer(sirv(this.folder, { dev: true }));
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
  }

  /** It is gone. */
  async leave() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** The files of the version that is served, by their paths, with the hash of each. */
  async files() {
    return JSON.parse((await readFile(join(this.folder, 'sw.js'), 'utf8')).match(LIST)[1]);
  }

  /**
   * Another version: the page says so in its head, and the worker and each part are longer, under the names that they
   * had. What is `wrong` isn't what the list says.
   */
  async renew(name, { wrong } = {}) {
    const files = await this.files();
    for (const path of Object.keys(files)) {
      const file = join(this.folder, path);
      let bytes = await readFile(file);
      if (path === 'index.html') {
        bytes = Buffer.from(`${bytes}`.replace('<meta charset="utf-8">', `$&<meta name="made" content="${name}">`));
      } else if (path === 'worker_bg.wasm' || /^parts-.*wasm$/.test(path)) {
        // A section that says nothing to who runs it.
        const text = Buffer.from(name);
        bytes = Buffer.concat([bytes, Buffer.from([0, text.length + 1, text.length]), text]);
      }
      files[path] = sha256(bytes);
      await writeFile(file, path === wrong ? bytes.subarray(1) : bytes);
    }
    const list = JSON.stringify(files, null, 2);
    const script = await readFile(join(this.folder, 'sw.js'), 'utf8');
    await writeFile(
      join(this.folder, 'sw.js'),
      script.replace(LIST, `const FILES = ${list};`).replace(VERSION, `const VERSION = '${sha256(list).slice(0, 16)}';`),
    );
  }
}
