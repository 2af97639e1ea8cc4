import { useMemo } from 'preact/hooks';
import type { PageProps } from '../main';
import { duration, series, step } from '../lib/format';
import { isLate, useLoad, useRetry } from '../lib/hooks';
import { Chart, type Mark } from '../ui/Chart';
import { QueryBar } from '../ui/QueryBar';
import { Status } from '../ui/Status';
import { type Exemplar, exemplars, metricNames, newest, queryRange } from './api';

const LINES_MAX = 60;
const SHOP = [
  'sum by (http_route) (rate(http_server_request_duration_seconds_count{job="shop/frontend"}[1m]))',
  'sum by (job) (rate(http_server_request_duration_seconds_count{http_response_status_code="500"}[5m]))',
  'histogram_quantile(0.95, sum by (le, job) (rate(http_server_request_duration_seconds_bucket[5m])))',
  'sum by (db_operation_name) (rate(db_client_operation_duration_seconds_sum[5m]))',
];

/** What to show a newcomer, of what there is. */
function examples(names: readonly string[]): string[] {
  if (names.includes('http_server_request_duration_seconds_count')) return SHOP;
  return names.slice(0, 3);
}

/** Exemplars stand at their value where the chart shows that kind of value, else at its foot. */
function marks(found: readonly Exemplar[], query: string, onTrace: (id: string) => void): Mark[] {
  const isMeasured = query.includes('histogram_quantile');
  return found.map((exemplar) => ({
    at: exemplar.at,
    value: isMeasured ? exemplar.value : null,
    title: `trace ${exemplar.trace}: ${duration(exemplar.value * 1e9)} in ${series(exemplar.labels)}`,
    open: () => onTrace(exemplar.trace),
  }));
}

export function MetricsPage({ view, start, end, dark, retries, onQuery, onTrace, onZoom, onRetry }: PageProps) {
  const names = useLoad(`names ${retries}`, metricNames);
  const suggested = names.state === 'done' ? examples(names.data) : [];
  const query = view.query ?? suggested[0] ?? '';
  const width = step(view.range);
  const key = query.trim() === '' ? null : `${query} ${start} ${end}`;
  const load = useLoad(key, (signal) => queryRange(query, start, end, width, signal));
  const found = useLoad(load.state === 'done' ? key : null, (signal) => exemplars(query, start, end, signal));
  const isMissing = names.state === 'done' && names.data.length === 0;
  const isBehind = load.state === 'done' && isLate(newest(load.data.lines), end);
  useRetry(view.end === null && (isMissing || isBehind), onRetry);
  const shown = useMemo(
    () => (found.state === 'done' ? marks(found.data, query, onTrace) : []),
    [found.state === 'done' ? found.data : null],
  );
  return (
    <>
      <QueryBar query={query} label="PromQL query" examples={suggested} onRun={onQuery} />
      {isMissing && (
        <p class="hint">No metrics yet. Point an OpenTelemetry SDK or Prometheus remote write at this server.</p>
      )}
      <Status load={load} isEmpty={(data) => data.lines.length === 0} empty="The query has no result in this range.">
        {(data) => (
          <>
            {data.warnings.map((warning) => <p class="hint" key={warning}>{warning}</p>)}
            <Chart
              lines={data.lines.slice(0, LINES_MAX)}
              marks={shown}
              start={start}
              end={end}
              dark={dark}
              height={380}
              onZoom={onZoom}
            />
            {shown.length > 0 && <p class="hint">◆ a measured request: click to see its trace. Drag to zoom.</p>}
            {data.lines.length > LINES_MAX && (
              <p class="hint">{LINES_MAX} of {data.lines.length} series are drawn; aggregate to see them all.</p>
            )}
          </>
        )}
      </Status>
    </>
  );
}
