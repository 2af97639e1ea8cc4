import { expect, test } from 'vitest';
import { newestFirst, traceId } from './api';

const ID = '5b8efff798038103d269b633813fc60c';

test('lines of all streams are sorted, newest first', () => {
  const lines = newestFirst([
    { stream: { a: '1' }, values: [['1700000000000000001', 'b'], ['999', 'old']] },
    { stream: { a: '2' }, values: [['1700000000000000002', 'c'], ['1700000000000000000', 'a']] },
  ]);
  expect(lines.map((l) => l.text)).toEqual(['c', 'b', 'a', 'old']);
});

test('trace ids come from labels or from the text', () => {
  const line = (text: string, labels: Record<string, string> = {}) => ({ ns: '1', text, labels });
  expect(traceId(line('x', { trace_id: ID }))).toBe(ID);
  expect(traceId(line(`[trace_id=${ID} span_id=x]`))).toBe(ID);
  expect(traceId(line(`{"trace_id":"${ID}"}`))).toBe(ID);
  expect(traceId(line('trace_id=0'))).toBeNull();
});
