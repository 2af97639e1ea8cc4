import { expect, test } from 'vitest';
import { duration, series, step, tick, value } from './format';

test('values keep about four digits', () => {
  expect([0, 12.34567, -1234567, 1e9, 0.0000123, Number.NaN].map(value)).toEqual([
    '0', '12.35', '-1.235M', '1G', '1.23e-5', 'NaN',
  ]);
});

test('durations choose their unit', () => {
  expect([5, 1500, 2.5e6, 1.25e9, 90e9].map(duration)).toEqual(['5 ns', '1.5 µs', '2.5 ms', '1.25 s', '1.5 min']);
});

test('series are written as queries write them', () => {
  expect(series({ __name__: 'up' })).toBe('up');
  expect(series({ __name__: 'up', a: 'b' })).toBe('up{a="b"}');
  expect(series({})).toBe('{}');
});

test('steps are whole seconds', () => {
  expect([60, 900, 86_400].map(step)).toEqual([1, 4, 360]);
});

test('ticks are no finer than is of use', () => {
  const noon = new Date(2026, 0, 2, 12, 30, 15).getTime() / 1000;
  expect([300, 3600, 604_800].map((range) => tick(noon, range))).toEqual(['12:30:15', '12:30', '01-02']);
});
