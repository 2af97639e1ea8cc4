const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** A value with about four digits: `12.34M`. */
export function value(v: number): string {
  if (!Number.isFinite(v)) return String(v);
  const size = Math.abs(v);
  for (const [factor, unit] of UNITS) if (size >= factor) return `${trim(v / factor)}${unit}`;
  return size !== 0 && size < 0.001 ? v.toExponential(2) : trim(v);
}

function trim(v: number): string {
  return Number(v.toPrecision(4)).toString();
}

/** A time span given in nanoseconds: `1.23 s`. */
export function duration(ns: number): string {
  if (ns >= 60e9) return `${trim(ns / 60e9)} min`;
  if (ns >= 1e9) return `${trim(ns / 1e9)} s`;
  if (ns >= 1e6) return `${trim(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${trim(ns / 1e3)} µs`;
  return `${ns} ns`;
}

/** A time on the axis of a chart over `range` seconds: no finer than is of use there. */
export function tick(seconds: number, range: number): string {
  const text = clock(seconds * 1000);
  if (range > 2 * 86_400) return text.slice(5, 10);
  return range > 900 ? text.slice(11, 16) : text.slice(11, 19);
}

/** Local time with milliseconds, from milliseconds since the epoch. */
export function clock(ms: number): string {
  const date = new Date(ms);
  const pad = (n: number, width = 2) => String(n).padStart(width, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** `name{a="b"}`, as queries write series. */
export function series(labels: Record<string, string>): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, text]) => `${key}="${text}"`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

/** A step that gives about 240 points, in whole seconds. */
export function step(rangeSeconds: number): number {
  return Math.max(1, Math.ceil(rangeSeconds / 240));
}
