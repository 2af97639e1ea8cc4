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

export async function metricNames(signal: AbortSignal): Promise<string[]> {
  const answer = await getJson<{ data: string[] }>('prometheus/api/v1/label/__name__/values', {}, signal);
  return answer.data;
}
