import { getJson } from '../lib/fetch';
import { lines as chartLines } from '../metrics/api';
import type { Line } from '../ui/Chart';

export interface LogLine {
  ns: string;
  text: string;
  labels: Record<string, string>;
}

interface Streams {
  resultType: 'streams';
  result: { stream: Record<string, string>; values: [string, string][] }[];
}

interface Matrix {
  resultType: 'matrix';
  result: { metric: Record<string, string>; values: [number, string][] }[];
}

export interface Logs {
  lines: LogLine[];
  /** Set for metric queries. */
  chart: Line[] | null;
}

const LIMIT = 300;
const NS_PER_S = 1_000_000_000n;

function nanos(seconds: number): string {
  return String(BigInt(Math.round(seconds)) * NS_PER_S);
}

export async function queryRange(
  query: string, start: number, end: number, step: number, signal: AbortSignal,
): Promise<Logs> {
  const params = { query, start: nanos(start), end: nanos(end), step, limit: LIMIT };
  const answer = await getJson<{ data: Streams | Matrix }>('loki/loki/api/v1/query_range', params, signal);
  if (answer.data.resultType === 'matrix') return { lines: [], chart: chartLines(answer.data.result) };
  return { lines: newestFirst(answer.data.result), chart: null };
}

export function newestFirst(streams: Streams['result']): LogLine[] {
  const all = streams.flatMap((s) => s.values.map(([ns, text]) => ({ ns, text, labels: s.stream })));
  // Nanoseconds do not fit a number; as text of equal length they sort the same.
  return all.sort((a, b) => (a.ns.length - b.ns.length || (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0)) * -1);
}

/** How many lines of each level there were, over time. */
export async function volume(
  query: string, start: number, end: number, step: number, signal: AbortSignal,
): Promise<Line[]> {
  const counted = `sum by (detected_level) (count_over_time(${query} | drop __error__ [${step}s]))`;
  return (await queryRange(counted, start, end, step, signal)).chart ?? [];
}

export async function services(signal: AbortSignal): Promise<string[]> {
  return (await getJson<{ data: string[] }>('loki/loki/api/v1/label/service_name/values', {}, signal)).data;
}

/** The trace a line belongs to: by its labels, or by what its text says. */
export function traceId(line: LogLine): string | null {
  const named = line.labels['trace_id'] ?? line.labels['traceID'];
  if (named !== undefined && /^[0-9a-f]{1,32}$/.test(named)) return named;
  return /trace_?id["=: ]{1,4}([0-9a-f]{32})/i.exec(line.text)?.[1] ?? null;
}
