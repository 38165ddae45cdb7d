// What is done in each round, drawn from the seed.
import { HARM } from './browser.mjs';
import { random, shuffled } from './random.mjs';

const TEN = Array.from({ length: 10 }, (_, index) => index);

/**
 * The rounds: of each ten strict ones, half are killed under load, half are started again only once
 * the browser is gone, three have two tabs, and the database's files are harmed in two. Then a tenth
 * as many relaxed ones.
 */
export function plan(rounds, seed) {
  const chance = random(seed);
  const harms = Object.keys(HARM);
  let harmed = Math.floor(chance() * harms.length);
  const planned = [];
  while (planned.length < rounds) {
    const [loaded, waiting, tabs] = [5, 5, 3].map((count) => new Set(shuffled(TEN, chance).slice(0, count)));
    // Who harms files has to wait until they are no one's.
    const hurt = shuffled([...waiting], chance).slice(0, 2);
    for (const index of TEN) {
      planned.push({
        durability: 'strict',
        load: loaded.has(index),
        wait: waiting.has(index),
        tabs: tabs.has(index) ? 2 : 1,
        harm: hurt.includes(index) ? harms[(harmed += 1) % harms.length] : undefined,
      });
    }
  }
  planned.length = rounds;
  for (let index = 0; index < Math.ceil(rounds / 10); index += 1) {
    planned.push({ durability: 'relaxed', load: index % 2 === 0, wait: false, tabs: 1 });
  }
  return planned.map((round, index) => ({
    ...round,
    round: index + 1,
    seed: Math.floor(chance() * 2 ** 32),
    delay: Math.round(50 + chance() * 650),
  }));
}
