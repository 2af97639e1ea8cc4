import { expect, test } from 'vitest';
import { largest, lines } from './api';

test('values travel as text', () => {
  const [line] = lines([{ metric: { a: 'b' }, values: [[1, '2'], [2, '+Inf'], [3, 'NaN']] }]);
  expect(line?.points).toEqual([[1, 2], [2, Infinity], [3, Number.NaN]]);
});

test('exemplars that lead nowhere are left out, others are there once, largest first', () => {
  const one = { labels: { trace_id: 'a' }, value: '1', timestamp: 5 };
  const two = { labels: { traceID: 'b' }, value: '2', timestamp: 6 };
  const found = largest([
    { seriesLabels: { le: '1' }, exemplars: [one, { labels: { user: 'x' }, value: '9', timestamp: 7 }] },
    { seriesLabels: { le: '2' }, exemplars: [one, two] },
  ]);
  expect(found.map((e) => e.trace)).toEqual(['b', 'a']);
});
