// The address is the state: what is shown can be shared, reloaded and gone back to.

export type Signal = 'metrics' | 'logs' | 'traces';

export interface View {
  signal: Signal;
  /** The query of the signal; `null` where none was typed yet. */
  query: string | null;
  /** Width of the time range up to now, in seconds. */
  range: number;
  /** A fixed end of the range, in seconds since the epoch; `null` is now. */
  end: number | null;
  /** A trace to show, hexadecimal. */
  trace: string | null;
}

export const RANGES: readonly (readonly [label: string, seconds: number])[] = [
  ['5m', 300],
  ['15m', 900],
  ['1h', 3600],
  ['6h', 21_600],
  ['24h', 86_400],
];

const DEFAULT_RANGE = 900;
const RANGE_MIN = 5;
const RANGE_MAX = 30 * 86_400;

/** The range between two times, in seconds since the epoch. */
export function between(start: number, end: number): Pick<View, 'range' | 'end'> {
  const last = Math.ceil(end);
  return { end: last, range: Math.max(RANGE_MIN, last - Math.floor(start)) };
}

export function decode(search: string): View {
  const params = new URLSearchParams(search);
  const signal = params.get('signal');
  const trace = params.get('trace');
  return {
    signal: signal === 'logs' || signal === 'traces' ? signal : 'metrics',
    query: params.get('query'),
    range: Math.min(positive(params.get('range')) ?? DEFAULT_RANGE, RANGE_MAX),
    end: positive(params.get('end')),
    trace: trace !== null && /^[0-9a-f]{1,32}$/.test(trace) ? trace : null,
  };
}

export function encode(view: View): string {
  const params = new URLSearchParams({ signal: view.signal });
  if (view.query !== null) params.set('query', view.query);
  if (view.range !== DEFAULT_RANGE) params.set('range', String(view.range));
  if (view.end !== null) params.set('end', String(view.end));
  if (view.trace !== null) params.set('trace', view.trace);
  return `?${params.toString()}`;
}

function positive(text: string | null): number | null {
  const value = Number(text);
  return text !== null && Number.isFinite(value) && value > 0 ? value : null;
}

/** Where the APIs are: beside the page, whatever path it is served below. */
export function api(page: string, path: string, params: Record<string, string | number>): string {
  const url = new URL(`../${path}`, new URL('.', page));
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, String(value));
  return url.toString();
}
