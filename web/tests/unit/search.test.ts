import { describe, expect, it } from 'vitest';
import { resample } from '$lib/peaks';
import { findHits, lastStarted, wordAtOffset, wordSpans } from '$lib/search';
import { segment, word } from './samples';

const three = [
  { start_ms: 0, end_ms: 1000 },
  { start_ms: 1000, end_ms: 1800 },
  { start_ms: 2500, end_ms: 4000 },
];

describe('lastStarted', () => {
  it.each([
    [-1, -1],
    [0, 0],
    [999, 0],
    [1000, 1],
    [2400, 1],
    [2500, 2],
    [99_999, 2],
  ])('at %i ms is %i', (time, at) => expect(lastStarted(three, time)).toBe(at));

  it('knows empty lists', () => expect(lastStarted([], 5)).toBe(-1));

  it('agrees with looking at every item', () => {
    const many = Array.from({ length: 501 }, (_, i) => ({ start_ms: i * 37, end_ms: i * 37 + 20 }));
    for (let time = -10; time < 501 * 37 + 50; time += 13) {
      const slow = many.filter((item) => item.start_ms <= time).length - 1;
      expect(lastStarted(many, time)).toBe(slow);
    }
  });
});

describe('wordSpans', () => {
  const text = 'And so, my fellow Americans: so.';
  const words = [' And', ' so,', ' my', ' fellow', ' Americans:', ' so.'].map((each, i) =>
    word(each, i * 100),
  );
  it('finds each word after the one before', () => {
    expect(wordSpans(text, words).map((span) => span && text.slice(span.start, span.end))).toEqual([
      'And',
      'so,',
      'my',
      'fellow',
      'Americans:',
      'so.',
    ]);
  });
  it('skips a word that was edited away', () => {
    const spans = wordSpans('And my', [word(' And', 0), word(' so,', 1), word(' my', 2)]);
    expect(spans[1]).toBeNull();
    expect(spans[2]).toEqual({ start: 4, end: 6 });
  });
  it('works without spaces', () => {
    expect(wordSpans('字幕很好', [word('字幕', 0), word('很', 1), word('好', 2)])[2]).toEqual({
      start: 3,
      end: 4,
    });
  });
  it('answers which word was clicked', () => {
    const spans = wordSpans(text, words);
    expect(wordAtOffset(spans, 0)).toBe(0);
    expect(wordAtOffset(spans, 12)).toBe(3);
    expect(wordAtOffset(spans, text.length)).toBe(5);
  });
});

describe('findHits', () => {
  const segments = [segment(0, 'The river rose.'), segment(1, 'River, RIVER!'), segment(2, 'dry')];
  it('finds all, without regard to case', () => {
    expect(findHits(segments, 'river').map((hit) => [hit.at, hit.start, hit.end])).toEqual([
      [0, 4, 9],
      [1, 0, 5],
      [1, 7, 12],
    ]);
  });
  it('finds nothing for nothing', () => {
    expect(findHits(segments, '  ')).toEqual([]);
    expect(findHits(segments, 'sea')).toEqual([]);
  });
  it('marks the whole line where lower case has another length', () => {
    const text = 'İstanbul is far';
    expect(findHits([segment(0, text)], 'far')).toEqual([{ at: 0, start: 0, end: text.length }]);
  });
});

describe('resample', () => {
  it('keeps the loudest of each stretch', () => {
    expect(resample([0, 64, 0, 0, 255, 0, 16, 0], 4)).toEqual([
      Math.sqrt(64 / 255),
      0,
      1,
      Math.sqrt(16 / 255),
    ]);
  });
  it('takes fewer peaks than bars, silence, and none', () => {
    expect(resample([255], 3)).toEqual([1, 1, 1]);
    expect(resample([0, 0], 2)).toEqual([0, 0]);
    expect(resample([], 5)).toEqual([]);
  });
});
