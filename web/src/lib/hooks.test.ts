import { expect, test } from 'vitest';
import { isLate } from './hooks';

test('what ends long before now is late, and so is nothing', () => {
  expect([null, 0, 909, 910, 1000, 1001].map((newest) => isLate(newest, 1000))).toEqual([true, true, true, false, false, false]);
});
