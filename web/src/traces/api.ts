import { getJson } from '../lib/fetch';
import type { Batch } from './tree';

export interface TraceRow {
  traceID: string;
  rootServiceName: string;
  rootTraceName: string;
  startTimeUnixNano: string;
  durationMs?: number;
  serviceStats?: Record<string, { spanCount: number; errorCount?: number }>;
}

const LIMIT = 50;

export async function search(q: string, start: number, end: number, signal: AbortSignal): Promise<TraceRow[]> {
  const params = { q, start: Math.floor(start), end: Math.ceil(end), limit: LIMIT };
  return (await getJson<{ traces?: TraceRow[] }>('tempo/api/search', params, signal)).traces ?? [];
}

/** When the last of these traces began, in seconds since the epoch. */
export function newest(traces: readonly TraceRow[]): number | null {
  return traces.length === 0 ? null : Math.max(...traces.map((t) => Number(t.startTimeUnixNano) / 1e9));
}

export async function trace(id: string, signal: AbortSignal): Promise<Batch[]> {
  return (await getJson<{ batches?: Batch[] }>(`tempo/api/traces/${id}`, {}, signal)).batches ?? [];
}
