import { getJson } from '../lib/fetch';
import type { Line } from '../ui/Chart';

interface RangeAnswer {
  data: { resultType: string; result: { metric: Record<string, string>; values: [number, string][] }[] };
  warnings?: string[];
}

export interface Metrics {
  lines: Line[];
  warnings: string[];
}

export async function queryRange(
  query: string, start: number, end: number, step: number, signal: AbortSignal,
): Promise<Metrics> {
  const answer = await getJson<RangeAnswer>('prometheus/api/v1/query_range', { query, start, end, step }, signal);
  return { lines: lines(answer.data.result), warnings: answer.warnings ?? [] };
}

/** Values travel as text, because JSON has no NaN. */
export function lines(result: RangeAnswer['data']['result']): Line[] {
  return result.map((row) => ({
    labels: row.metric,
    points: row.values.map(([t, v]) => [t, v === '+Inf' ? Infinity : v === '-Inf' ? -Infinity : Number(v)]),
  }));
}

/** When the last point of any line is, in seconds since the epoch. */
export function newest(drawn: readonly Line[]): number | null {
  const last = drawn.flatMap((line) => line.points.slice(-1).map(([t]) => t));
  return last.length === 0 ? null : Math.max(...last);
}

export async function metricNames(signal: AbortSignal): Promise<string[]> {
  const answer = await getJson<{ data: string[] }>('prometheus/api/v1/label/__name__/values', {}, signal);
  return answer.data;
}

export interface Exemplar {
  /** Seconds since the epoch. */
  at: number;
  value: number;
  trace: string;
  labels: Record<string, string>;
}

interface ExemplarsAnswer {
  data: {
    seriesLabels: Record<string, string>;
    exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
  }[];
}

const TRACE_LABELS = ['trace_id', 'traceID', 'TraceID'];
/** More than this hide each other. */
const EXEMPLARS_MAX = 80;

/** The slowest (or otherwise largest) measurements behind a query that lead to a trace. */
export async function exemplars(query: string, start: number, end: number, signal: AbortSignal): Promise<Exemplar[]> {
  const answer = await getJson<ExemplarsAnswer>('prometheus/api/v1/query_exemplars', { query, start, end }, signal);
  return largest(answer.data);
}

export function largest(data: ExemplarsAnswer['data']): Exemplar[] {
  const known = new Map<string, Exemplar>();
  for (const { seriesLabels, exemplars: found } of data) {
    for (const { labels, value, timestamp } of found) {
      const trace = TRACE_LABELS.map((name) => labels[name]).find((id) => id !== undefined);
      if (trace === undefined) continue;
      known.set(`${trace} ${timestamp}`, { at: timestamp, value: Number(value), trace, labels: seriesLabels });
    }
  }
  return [...known.values()].sort((a, b) => b.value - a.value).slice(0, EXEMPLARS_MAX);
}
