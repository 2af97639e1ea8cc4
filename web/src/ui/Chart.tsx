import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { hue, stroke } from '../lib/colour';
import { series as seriesName, tick, value } from '../lib/format';

export interface Line {
  labels: Record<string, string>;
  /** Seconds since the epoch and value, ascending. */
  points: readonly (readonly [number, number])[];
  /** Overrides the colour by position. */
  hue?: number;
}

/** Something at a time that can be opened. */
export interface Mark {
  /** Seconds since the epoch. */
  at: number;
  /** Where it stands on the vertical axis; `null` is the foot of the chart. */
  value: number | null;
  title: string;
  open: () => void;
}

interface Props {
  lines: readonly Line[];
  marks?: readonly Mark[];
  start: number;
  end: number;
  dark: boolean;
  bars?: boolean;
  height: number;
  /** Called with the range that was dragged over, in seconds since the epoch. */
  onZoom: (start: number, end: number) => void;
}

const NO_MARKS: readonly Mark[] = [];
/** A shorter drag is a click. */
const DRAG_PX_MIN = 6;

/** Lines (or bars) over time with a legend. */
export function Chart({ lines, marks = NO_MARKS, start, end, dark, bars = false, height, onZoom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const ink = dark ? '#9db0b0' : '#56686a';
    const grid = { stroke: dark ? '#263437' : '#e3e9e8', width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui' };
    const highest = Math.max(-Infinity, ...marks.map((mark) => mark.value ?? -Infinity));
    const paths = bars ? uPlot.paths.bars?.({ size: [0.8, 40], align: 1 }) : undefined;
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { min: start, max: end }, y: { range: (_, min, max) => (bars ? [0, max * 1.1 || 1] : pad(min, Math.max(max, highest))) } },
        axes: [{ ...axis, space: 70, values: (_, ticks) => ticks.map((t) => tick(t, end - start)) }, { ...axis, size: 62, values: (_, ticks) => ticks.map(value) }],
        legend: { live: !bars },
        cursor: { points: { size: 7 }, drag: { x: true, y: false, setScale: false, dist: DRAG_PX_MIN } },
        hooks: {
          draw: [(u) => drawMarks(u, marks)],
          setSelect: [(u) => select(u, zoom.current)],
        },
        series: [
          {},
          ...lines.map((line, i) => {
            const colour = stroke(line.hue ?? hue(i), dark);
            return {
              label: seriesName(line.labels),
              stroke: colour,
              width: 1.6,
              points: { show: false },
              value: (_: uPlot, v: number | null) => (v === null ? '–' : value(v)),
              ...(bars ? { fill: colour } : {}),
              ...(paths ? { paths } : {}),
            };
          }),
        ],
      },
      table(lines),
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [lines, marks, start, end, dark, bars, height]);
  return <div class="chart" data-testid={bars ? 'volume' : 'chart'} ref={box} role="img" aria-label="Values over time" />;
}

function select(u: uPlot, onZoom: Props['onZoom']) {
  if (u.select.width < DRAG_PX_MIN) return;
  const from = u.posToVal(u.select.left, 'x');
  onZoom(from, u.posToVal(u.select.left + u.select.width, 'x'));
}

/** Marks are buttons above the canvas: they can be pointed at, tabbed to and read out. */
function drawMarks(u: uPlot, marks: readonly Mark[]) {
  u.over.querySelectorAll('.mark').forEach((old) => old.remove());
  for (const mark of marks) {
    const left = u.valToPos(mark.at, 'x');
    if (left < 0 || left > u.over.clientWidth) continue;
    const top = mark.value === null ? u.over.clientHeight : u.valToPos(mark.value, 'y');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'mark';
    button.dataset['testid'] = 'exemplar';
    button.title = mark.title;
    button.setAttribute('aria-label', mark.title);
    button.style.left = `${left}px`;
    button.style.top = `${Math.min(Math.max(top, 5), u.over.clientHeight - 5)}px`;
    button.addEventListener('mousedown', (event) => event.stopPropagation());
    button.addEventListener('click', mark.open);
    u.over.append(button);
  }
}

function pad(min: number, max: number): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  if (min >= 0) return [0, max === 0 ? 1 : max * 1.08];
  const space = (max - min || Math.abs(max) || 1) * 0.08;
  return [min - space, max + space];
}

/** All lines on one time axis; where a line has no point there is a gap. */
function table(lines: readonly Line[]): uPlot.AlignedData {
  const times = [...new Set(lines.flatMap((line) => line.points.map(([t]) => t)))].sort((a, b) => a - b);
  const at = new Map(times.map((t, i) => [t, i]));
  const columns = lines.map((line) => {
    const column: (number | null)[] = new Array<number | null>(times.length).fill(null);
    for (const [t, v] of line.points) column[at.get(t) ?? 0] = v;
    return column;
  });
  return [times, ...columns];
}
