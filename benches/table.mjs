// Figures in words, and tables that read well as text and as Markdown.

export const number = (value) => value.toLocaleString('en');
export const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
export const figure = (value) => (value === undefined ? '' : number(Number(value.toPrecision(3))));

export function aligned([header, ...rows]) {
  const widths = header.map((_, column) => Math.max(3, ...[header, ...rows].map((row) => [...row[column]].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell + ' '.repeat(widths[column] - [...cell].length)).join(' | ')} |`;
  return [line(header), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
}
