import { useMemo, useState } from 'preact/hooks';
import { hueOf } from '../lib/colour';
import { duration } from '../lib/format';
import { useLoad } from '../lib/hooks';
import { Status } from '../ui/Status';
import { trace } from './api';
import { type Attribute, type Batch, rows, type SpanRow, text, visible } from './tree';

interface Props {
  id: string;
  onBack: () => void;
  onLogs: (query: string) => void;
}

/** A trace, span by span over time. */
export function Waterfall({ id, onBack, onLogs }: Props) {
  const load = useLoad(id, (signal) => trace(id, signal));
  return (
    <section data-testid="waterfall">
      <div class="trace-head">
        <button type="button" onClick={onBack}>← traces</button>
        <code>{id}</code>
        <button type="button" data-testid="logs-link" onClick={() => onLogs(`{service_name=~".+"} | trace_id="${id.padStart(32, '0')}"`)}>
          logs of this trace
        </button>
      </div>
      <Status load={load} isEmpty={(batches) => batches.length === 0} empty="This trace is not known.">
        {(batches) => <Rows batches={batches} />}
      </Status>
    </section>
  );
}

function Rows({ batches }: { batches: Batch[] }) {
  const tree = useMemo(() => rows(batches), [batches]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<string | null>(null);
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  return (
    <>
      <p class="hint">{tree.rows.length} spans, {duration(tree.duration)}</p>
      <ol class="spans">
        {visible(tree.rows, closed).map((row) => (
          <li key={row.id} data-testid="span-row" class={row.failed ? 'failed' : ''} style={{ '--hue': hueOf(row.service) }}>
            <div class="span-row" onClick={() => setSelected(selected === row.id ? null : row.id)}>
              <div class="span-name" style={{ paddingLeft: `${Math.min(row.depth, 20) * 14}px` }}>
                <button
                  type="button"
                  class="fold"
                  disabled={!row.hasChildren}
                  aria-expanded={!closed.has(row.id)}
                  aria-label="Children"
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(row.id);
                  }}
                >
                  {row.hasChildren ? (closed.has(row.id) ? '▸' : '▾') : '·'}
                </button>
                <span class="service">{row.service}</span>
                <button type="button" class="plain" aria-expanded={selected === row.id}>{row.name}</button>
              </div>
              <Bar row={row} total={tree.duration} />
            </div>
            {selected === row.id && <Details row={row} />}
          </li>
        ))}
      </ol>
    </>
  );
}

/** Of the track, in percent; the rest is room for the time behind the last bar. */
const BARS_WIDTH = 90;

function Bar({ row, total }: { row: SpanRow; total: number }) {
  const percent = (ns: number) => (total > 0 ? (ns / total) * BARS_WIDTH : 0);
  const left = percent(row.offset);
  const width = percent(row.duration);
  return (
    <div class="span-track">
      <div class="span-bar" style={{ left: `${left}%`, width: `max(2px, ${width}%)` }} />
      <span class="span-time" style={{ left: `${left + width}%` }}>{duration(row.duration)}</span>
    </div>
  );
}

function Details({ row }: { row: SpanRow }) {
  return (
    <div class="details">
      {row.failed && <p class="bad">error{row.message && `: ${row.message}`}</p>}
      <Pairs title={`span · ${row.kind || 'unspecified'}`} attributes={row.attributes} />
      <Pairs title="resource" attributes={row.resource} />
      {row.events.map((event, i) => (
        <Pairs key={i} title={`event · ${event.name} · ${duration(event.offset)}`} attributes={event.attributes} />
      ))}
    </div>
  );
}

function Pairs({ title, attributes }: { title: string; attributes: Attribute[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="labels">
        {attributes.map((a) => <div key={a.key}><dt>{a.key}</dt><dd>{text(a.value)}</dd></div>)}
      </dl>
    </section>
  );
}
