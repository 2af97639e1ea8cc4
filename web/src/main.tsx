import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { clock } from './lib/format';
import { between, decode, encode, RANGES, type Signal, type View } from './lib/url';
import { LogsPage } from './logs/Page';
import { MetricsPage } from './metrics/Page';
import { TracesPage } from './traces/Page';
import './styles/tokens.css';
import './styles/app.css';

export interface PageProps {
  view: View;
  /** Seconds since the epoch. */
  start: number;
  end: number;
  dark: boolean;
  onQuery: (query: string) => void;
  onTrace: (id: string | null) => void;
  onLogs: (query: string) => void;
  onZoom: (start: number, end: number) => void;
  /** How often `onRetry` was called: what is there to query is asked for again with it. */
  retries: number;
  /** Looks at the range up to now again. */
  onRetry: () => void;
}

const SIGNALS: readonly (readonly [Signal, string])[] = [
  ['metrics', 'Metrics'],
  ['logs', 'Logs'],
  ['traces', 'Traces'],
];
const REFRESH: readonly (readonly [string, number])[] = [
  ['off', 0],
  ['5s', 5000],
  ['30s', 30_000],
];
const THEME_KEY = 'observer-aio.theme';

function initialDark(): boolean {
  const stored = localStorage.getItem(THEME_KEY);
  return stored === null ? matchMedia('(prefers-color-scheme: dark)').matches : stored === 'dark';
}

function App() {
  const [view, setView] = useState(() => decode(location.search));
  const [now, setNow] = useState(() => Date.now() / 1000);
  const [refresh, setRefresh] = useState(0);
  const [dark, setDark] = useState(initialDark);
  const [retries, setRetries] = useState(0);

  useEffect(() => {
    const onPop = () => setView(decode(location.search));
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, []);
  useEffect(() => {
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }, [dark]);
  useEffect(() => {
    if (refresh === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now() / 1000), refresh);
    return () => clearInterval(timer);
  }, [refresh]);

  const go = (change: Partial<View>) => {
    const next = { ...view, ...change };
    history.pushState(null, '', encode(next));
    setView(next);
    setNow(Date.now() / 1000);
  };
  const end = Math.floor(view.end ?? now);
  const props: PageProps = {
    view,
    start: end - view.range,
    end,
    dark,
    onQuery: (query) => go({ query, trace: null }),
    onTrace: (trace) => go(view.signal === 'traces' ? { trace } : { signal: 'traces', query: null, trace }),
    onLogs: (query) => go({ signal: 'logs', query, trace: null }),
    onZoom: (from, to) => go(between(from, to)),
    retries,
    onRetry: () => {
      setRetries(retries + 1);
      setNow(Date.now() / 1000);
    },
  };
  const toggleTheme = () => {
    localStorage.setItem(THEME_KEY, dark ? 'light' : 'dark');
    setDark(!dark);
  };
  return (
    <>
      <header>
        <h1>observer<span>-aio</span></h1>
        <nav aria-label="Signal">
          {SIGNALS.map(([signal, label]) => (
            <button
              type="button"
              key={signal}
              data-testid={`signal-${signal}`}
              aria-current={view.signal === signal ? 'page' : undefined}
              onClick={() => go({ signal, query: null, trace: null })}
            >
              {label}
            </button>
          ))}
        </nav>
        <div class="tools">
          <Shift view={view} end={end} go={go} />
          <Choice label="Range" options={RANGES} value={view.range} onChange={(range) => go({ range, end: null })} />
          <Choice label="Refresh" options={REFRESH} value={refresh} onChange={setRefresh} />
          <button type="button" data-testid="theme" aria-label="Switch between light and dark" onClick={toggleTheme}>
            {dark ? '☀' : '☾'}
          </button>
        </div>
      </header>
      <main>
        {view.signal === 'metrics' && <MetricsPage {...props} />}
        {view.signal === 'logs' && <LogsPage {...props} />}
        {view.signal === 'traces' && <TracesPage {...props} />}
      </main>
    </>
  );
}

interface ShiftProps {
  view: View;
  end: number;
  go: (change: Partial<View>) => void;
}

/** Earlier, later, and back to now. */
function Shift({ view, end, go }: ShiftProps) {
  const by = (part: number) => go({ end: Math.round(end + view.range * part) });
  return (
    <div class="shift">
      <button type="button" data-testid="earlier" aria-label="Earlier" onClick={() => by(-0.5)}>‹</button>
      {view.end !== null && (
        <>
          <time data-testid="until">until {clock(view.end * 1000).slice(0, 19)}</time>
          <button type="button" aria-label="Later" onClick={() => by(0.5)}>›</button>
          <button type="button" data-testid="now" onClick={() => go({ end: null })}>now</button>
        </>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  options: readonly (readonly [string, number])[];
  value: number;
  onChange: (value: number) => void;
}

function Choice({ label, options, value, onChange }: ChoiceProps) {
  const known = options.some(([, option]) => option === value);
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        {!known && <option value={value}>{value} s</option>}
        {options.map(([text, option]) => <option key={text} value={option}>{text}</option>)}
      </select>
    </label>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
