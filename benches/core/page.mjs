import init, { measure } from './eventloom/core.js';

await init();
globalThis.measure = measure;
