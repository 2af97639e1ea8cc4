import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { hue, stroke } from '../lib/colour';
import { series as seriesName, value } from '../lib/format';

export interface Line {
  labels: Record<string, string>;
  /** Seconds since the epoch and value, ascending. */
  points: readonly (readonly [number, number])[];
  /** Overrides the colour by position. */
  hue?: number;
}

interface Props {
  lines: readonly Line[];
  start: number;
  end: number;
  dark: boolean;
  bars?: boolean;
  height: number;
}

/** Lines (or bars) over time with a legend. */
export function Chart({ lines, start, end, dark, bars = false, height }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const ink = dark ? '#9db0b0' : '#56686a';
    const grid = { stroke: dark ? '#263437' : '#e3e9e8', width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui' };
    const paths = bars ? uPlot.paths.bars?.({ size: [0.8, 40], align: 1 }) : undefined;
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { min: start, max: end }, y: { range: (_, min, max) => (bars ? [0, max * 1.1 || 1] : pad(min, max)) } },
        axes: [axis, { ...axis, size: 62, values: (_, ticks) => ticks.map(value) }],
        legend: { live: !bars },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
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
  }, [lines, start, end, dark, bars, height]);
  return <div class="chart" data-testid={bars ? 'volume' : 'chart'} ref={box} role="img" aria-label="Values over time" />;
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
