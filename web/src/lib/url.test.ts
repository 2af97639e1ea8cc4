import { describe, expect, test } from 'vitest';
import { api, between, decode, encode, type View } from './url';

describe('the address', () => {
  test('keeps the view', () => {
    const view: View = { signal: 'logs', query: '{a="b"} |= "x&y"', range: 3600, end: 1_700_000_000, trace: 'abc' };
    expect(decode(encode(view))).toEqual(view);
  });

  test('of another hand is read with care', () => {
    expect(decode('?signal=nonsense&range=-5&end=x&trace=<b>')).toEqual({
      signal: 'metrics', query: null, range: 900, end: null, trace: null,
    });
    expect(decode('?range=1e99').range).toBe(30 * 86_400);
  });

  test('holds a range that was dragged over', () => {
    expect(between(10.4, 99.2)).toEqual({ range: 90, end: 100 });
    expect(between(10, 10.1)).toEqual({ range: 5, end: 11 });
  });

  test('of an API lies beside the page', () => {
    expect(api('http://h/sub/ui/?x=1', 'loki/a', { q: 'a b' })).toBe('http://h/sub/loki/a?q=a+b');
    expect(api('http://h/ui/', 'p', {})).toBe('http://h/p');
  });
});
