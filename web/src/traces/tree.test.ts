import { expect, test } from 'vitest';
import { rows, text, visible, type Batch } from './tree';

function batch(service: string, ...spans: [id: string, parent: string, start: number, end: number][]): Batch {
  return {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [{
      spans: spans.map(([spanId, parentSpanId, start, end]) => ({
        spanId, parentSpanId, name: spanId, startTimeUnixNano: String(start), endTimeUnixNano: String(end),
      })),
    }],
  };
}

test('spans hang below their parents, earliest first', () => {
  const tree = rows([batch('a', ['root', '', 100, 200], ['late', 'root', 150, 160]), batch('b', ['early', 'root', 110, 120], ['deep', 'early', 111, 112])]);
  expect(tree.rows.map((r) => [r.name, r.depth, r.offset, r.service])).toEqual([
    ['root', 0, 0, 'a'], ['early', 1, 10, 'b'], ['deep', 2, 11, 'b'], ['late', 1, 50, 'a'],
  ]);
  expect(tree.duration).toBe(100);
  expect(visible(tree.rows, new Set(['early'])).map((r) => r.name)).toEqual(['root', 'early', 'late']);
});

test('orphans and circles are shown all the same', () => {
  const tree = rows([batch('a', ['x', 'y', 1, 2], ['y', 'x', 2, 3], ['orphan', 'gone', 3, 4], ['self', 'self', 4, 5])]);
  expect(tree.rows.map((r) => r.name).sort()).toEqual(['orphan', 'self', 'x', 'y']);
});

test('values of all kinds are text', () => {
  expect(text({ intValue: '7' })).toBe('7');
  expect(text({ boolValue: false })).toBe('false');
  expect(text({ arrayValue: { values: [{ stringValue: 'a' }, { doubleValue: 0.5 }] } })).toBe('[a, 0.5]');
  expect(text(undefined)).toBe('');
});
