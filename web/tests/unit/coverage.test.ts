import { describe, expect, it } from 'vitest';
import { coverageNow, placeOf } from '$lib/coverage';
import type { Coverage } from '$lib/types';

const coverage: Coverage = {
  audible_ms: 40_000,
  covered_ms: 30_000,
  share: 0.75,
  gaps: [
    { start_ms: 10_000, end_ms: 14_000 },
    { start_ms: 30_000, end_ms: 36_000 },
  ],
  left_out: [{ start_ms: 30_000, end_ms: 36_000, reason: 'no_speech', text: 'Thank you.' }],
};
const line = (start_ms: number, end_ms: number, text = 'text') => ({ start_ms, end_ms, text });

describe('coverageNow', () => {
  it('is as measured while nobody has touched the text', () => {
    const now = coverageNow(coverage, [line(0, 10_000), line(14_000, 30_000)]);
    expect(now.share).toBeCloseTo(0.75);
    expect(now.gaps).toEqual(coverage.gaps);
    expect(now.leftOut).toEqual(coverage.left_out);
  });
  it('counts lines that were put into gaps', () => {
    const now = coverageNow(coverage, [line(10_500, 12_500), line(30_000, 36_000, 'Thank you.')]);
    expect(now.share).toBeCloseTo((30 + 2 + 6) / 40);
    // Half a second before it is too short to be named.
    expect(now.gaps).toEqual([{ start_ms: 12_500, end_ms: 14_000 }]);
    expect(now.leftOut).toEqual([]);
  });
  it('never says more than all', () => {
    const now = coverageNow({ ...coverage, audible_ms: 31_000 }, [line(0, 50_000)]);
    expect(now.share).toBe(1);
    expect(coverageNow({ ...coverage, audible_ms: 0, gaps: [] }, []).share).toBe(1);
  });
  it('keeps a text that is elsewhere too', () => {
    expect(coverageNow(coverage, [line(0, 5000, 'Thank you.')]).leftOut).toHaveLength(1);
  });
});

describe('placeOf', () => {
  const [leftOut] = coverage.left_out;
  it('is the longest time that is free', () => {
    expect(placeOf(leftOut!, [])).toEqual({ start_ms: 30_000, end_ms: 36_000 });
    expect(placeOf(leftOut!, [line(31_000, 32_000), line(35_000, 40_000)])).toEqual({
      start_ms: 32_000,
      end_ms: 35_000,
    });
  });
  it('is all of its time where none is free', () => {
    expect(placeOf(leftOut!, [line(20_000, 40_000)])).toEqual({ start_ms: 30_000, end_ms: 36_000 });
  });
});
