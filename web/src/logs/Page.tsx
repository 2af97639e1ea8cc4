import { useState } from 'preact/hooks';
import type { PageProps } from '../main';
import { clock, step } from '../lib/format';
import { isLate, useLoad, useRetry } from '../lib/hooks';
import { Chart, type Line } from '../ui/Chart';
import { newest } from '../metrics/api';
import { QueryBar } from '../ui/QueryBar';
import { Status } from '../ui/Status';
import { type LogLine, type Logs, queryRange, services, traceId, volume } from './api';

const LEVEL_HUES: Record<string, number> = { error: 4, critical: 340, fatal: 340, warn: 40, info: 172, debug: 208, trace: 262 };
const VOLUME_BARS = 60;

/** When the last line is, or the last point, in seconds since the epoch. */
function last(found: Logs): number | null {
  if (found.chart !== null) return newest(found.chart);
  const line = found.lines[0];
  return line === undefined ? null : Number(BigInt(line.ns) / 1_000_000_000n);
}

export function LogsPage({ view, start, end, dark, retries, onQuery, onTrace, onZoom, onRetry }: PageProps) {
  const known = useLoad(`services ${retries}`, services);
  const first = known.state === 'done' ? known.data : [];
  const examples = ['{service_name=~".+"}', '{service_name=~".+"} | detected_level="error"', ...first.slice(0, 1).map((s) => `{service_name="${s}"} |= ""`)];
  const query = view.query ?? examples[0] ?? '';
  const key = query.trim() === '' ? null : `${query} ${start} ${end}`;
  const load = useLoad(key, (signal) => queryRange(query, start, end, step(view.range), signal));
  useRetry(view.end === null && load.state === 'done' && isLate(last(load.data), end), onRetry);
  const isLog = load.state === 'done' && load.data.chart === null;
  const width = Math.max(1, Math.ceil(view.range / VOLUME_BARS));
  const bars = useLoad(isLog ? key : null, (signal) => volume(query, start, end, width, signal));
  return (
    <>
      <QueryBar query={query} label="LogQL query" examples={examples} onRun={onQuery} />
      <Status
        load={load}
        isEmpty={(data) => data.lines.length === 0 && (data.chart ?? []).length === 0}
        empty="No lines in this range."
      >
        {(data) =>
          data.chart !== null ? (
            <Chart lines={data.chart} start={start} end={end} dark={dark} height={380} onZoom={onZoom} />
          ) : (
            <>
              {bars.state === 'done' && <Volume lines={bars.data} start={start} end={end} dark={dark} onZoom={onZoom} />}
              <ol class="log-lines">
                {data.lines.map((line, i) => <Row key={`${line.ns} ${i}`} line={line} onTrace={onTrace} />)}
              </ol>
            </>
          )
        }
      </Status>
    </>
  );
}

/** Bars of all levels on top of each other: each line is the sum of itself and those below. */
function Volume({ lines, ...chart }: { lines: Line[] } & Pick<PageProps, 'start' | 'end' | 'dark' | 'onZoom'>) {
  const below = new Map<number, number>();
  const stacked = lines.map((line) => {
    const level = line.labels['detected_level'] ?? 'unknown';
    const points = line.points.map(([t, v]) => {
      const sum = (below.get(t) ?? 0) + v;
      below.set(t, sum);
      return [t, sum] as const;
    });
    return { labels: { __name__: level }, points, hue: LEVEL_HUES[level] ?? 232 };
  });
  return <Chart lines={stacked.reverse()} {...chart} bars height={120} />;
}

function Row({ line, onTrace }: { line: LogLine; onTrace: (id: string) => void }) {
  const [open, setOpen] = useState(false);
  const level = line.labels['detected_level'] ?? 'unknown';
  const trace = traceId(line);
  return (
    <li data-testid="log-line" class={`level-${level}`}>
      <div class="log-row">
        <button type="button" class="fold" aria-expanded={open} aria-label="Labels" onClick={() => setOpen(!open)}>
          {open ? '▾' : '▸'}
        </button>
        <time>{clock(Number(BigInt(line.ns) / 1_000_000n))}</time>
        <span class="service">{line.labels['service_name'] ?? ''}</span>
        <pre>{line.text}</pre>
        {trace !== null && (
          <button type="button" class="link" data-testid="trace-link" onClick={() => onTrace(trace)}>trace</button>
        )}
      </div>
      {open && (
        <dl class="labels">
          {Object.entries(line.labels).map(([name, text]) => (
            <div key={name}><dt>{name}</dt><dd>{text}</dd></div>
          ))}
        </dl>
      )}
    </li>
  );
}
