import type { PageProps } from '../main';
import { clock, duration } from '../lib/format';
import { isLate, useLoad, useRetry } from '../lib/hooks';
import { QueryBar } from '../ui/QueryBar';
import { Status } from '../ui/Status';
import { newest, search, type TraceRow } from './api';
import { Waterfall } from './Waterfall';

const EXAMPLES = ['{}', '{ status = error }', '{ duration > 500ms }', '{ kind = server && name =~ "POST.*" }'];

export function TracesPage({ view, start, end, onQuery, onTrace, onLogs, onRetry }: PageProps) {
  const query = view.query ?? '{}';
  const key = view.trace === null && query.trim() !== '' ? `${query} ${start} ${end}` : null;
  const load = useLoad(key, (signal) => search(query, start, end, signal));
  useRetry(view.end === null && load.state === 'done' && isLate(newest(load.data), end), onRetry);
  return (
    <>
      <QueryBar query={query} label="TraceQL query" examples={EXAMPLES} onRun={onQuery} />
      {view.trace !== null ? (
        <Waterfall id={view.trace} onBack={() => onTrace(null)} onLogs={onLogs} />
      ) : (
        <Status load={load} isEmpty={(data) => data.length === 0} empty="No traces match in this range.">
          {(data) => <Table traces={data} onTrace={onTrace} />}
        </Status>
      )}
    </>
  );
}

function Table({ traces, onTrace }: { traces: TraceRow[]; onTrace: (id: string) => void }) {
  const longest = Math.max(1, ...traces.map((t) => t.durationMs ?? 0));
  return (
    <table class="traces">
      <thead>
        <tr><th>Start</th><th>Service</th><th>Name</th><th>Spans</th><th>Errors</th><th>Duration</th></tr>
      </thead>
      <tbody>
        {traces.map((t) => {
          const stats = Object.values(t.serviceStats ?? {});
          const errors = stats.reduce((sum, s) => sum + (s.errorCount ?? 0), 0);
          const ms = t.durationMs ?? 0;
          return (
            <tr key={t.traceID} data-testid="trace-row" onClick={() => onTrace(t.traceID)}>
              <td><button type="button" class="link">{clock(Number(BigInt(t.startTimeUnixNano) / 1_000_000n))}</button></td>
              <td>{t.rootServiceName}</td>
              <td>{t.rootTraceName}</td>
              <td class="number">{stats.reduce((sum, s) => sum + s.spanCount, 0)}</td>
              <td class={errors > 0 ? 'number bad' : 'number'}>{errors}</td>
              <td class="number">
                <meter min={0} max={longest} value={ms} aria-hidden="true" /> {ms < 1 ? '< 1 ms' : duration(ms * 1e6)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
