import type { PageProps } from '../main';
import { step } from '../lib/format';
import { useLoad } from '../lib/hooks';
import { Chart } from '../ui/Chart';
import { QueryBar } from '../ui/QueryBar';
import { Status } from '../ui/Status';
import { metricNames, queryRange } from './api';

const LINES_MAX = 60;
const SHOP = [
  'sum by (http_route) (rate(http_server_request_duration_seconds_count{job="shop/frontend"}[1m]))',
  'sum by (job) (rate(http_server_request_duration_seconds_count{http_response_status_code="500"}[5m]))',
  'sum by (db_operation_name) (rate(db_client_operation_duration_seconds_sum[5m]))',
];

/** What to show a newcomer, of what there is. */
function examples(names: readonly string[]): string[] {
  if (names.includes('http_server_request_duration_seconds_count')) return SHOP;
  return names.slice(0, 3);
}

export function MetricsPage({ view, start, end, dark, onQuery }: PageProps) {
  const names = useLoad('names', metricNames);
  const suggested = names.state === 'done' ? examples(names.data) : [];
  const query = view.query ?? suggested[0] ?? '';
  const width = step(view.range);
  const key = query.trim() === '' ? null : `${query} ${start} ${end}`;
  const load = useLoad(key, (signal) => queryRange(query, start, end, width, signal));
  return (
    <>
      <QueryBar query={query} label="PromQL query" examples={suggested} onRun={onQuery} />
      {names.state === 'done' && names.data.length === 0 && (
        <p class="hint">No metrics yet. Point an OpenTelemetry SDK or Prometheus remote write at this server.</p>
      )}
      <Status load={load} isEmpty={(data) => data.lines.length === 0} empty="The query has no result in this range.">
        {(data) => (
          <>
            {data.warnings.map((warning) => <p class="hint" key={warning}>{warning}</p>)}
            <Chart lines={data.lines.slice(0, LINES_MAX)} start={start} end={end} dark={dark} height={380} />
            {data.lines.length > LINES_MAX && (
              <p class="hint">{LINES_MAX} of {data.lines.length} series are drawn; aggregate to see them all.</p>
            )}
          </>
        )}
      </Status>
    </>
  );
}
