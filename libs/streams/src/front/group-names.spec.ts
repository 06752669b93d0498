import { describe, expect, test } from '@jest/globals';
import { hopping, tumbling } from '../time/window.ts';
import { GroupNames } from './group-names.ts';

const nameOf = (...args: Parameters<GroupNames['nameOf']>) => new GroupNames().nameOf(...args);

describe('GroupNames', () => {
  test('names a grouping after its columns and its window', () => {
    expect(nameOf('sensor_id', tumbling({ sizeMs: 30_000 }))).toBe('sensor_id-tumbling-30s');
    expect(nameOf(['site', 'line'], hopping({ sizeMs: 90_000, advanceMs: 60_000 }))).toBe(
      'site-line-hopping-90s-1m',
    );
    expect(nameOf(() => 1, null)).toBe('key');
  });

  test('writes a duration in the largest unit that divides it', () => {
    const sizes = [1, 1_500, 3_600_000, 86_400_000];
    expect(sizes.map((sizeMs) => nameOf('a', tumbling({ sizeMs })))).toEqual([
      'a-tumbling-1ms',
      'a-tumbling-1500ms',
      'a-tumbling-1h',
      'a-tumbling-1d',
    ]);
  });

  test('leaves only what a topic name may have', () => {
    expect(nameOf('température °C', null)).toBe('temp_rature_C');
  });

  test('tells equal groupings apart by their order among equals only', () => {
    const names = new GroupNames();
    expect(['a', 'b', 'a', 'a'].map((column) => names.nameOf(column, null))).toEqual([
      'a',
      'b',
      'a-2',
      'a-3',
    ]);
  });
});
