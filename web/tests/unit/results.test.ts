import { describe, expect, it } from 'vitest';
import { groupHits, snippetParts } from '$lib/results';
import type { SearchHit } from '$lib/types';

const hit = (media: string, index: number): SearchHit => ({
  media_id: media,
  media_title: `Title ${media}`,
  transcript_id: `t-${media}`,
  segment_index: index,
  start_ms: index * 1000,
  end_ms: index * 1000 + 900,
  language: 'zh',
  snippet: '',
  marks: [],
});

describe('snippetParts', () => {
  it('cuts at the marks', () => {
    expect(snippetParts('one two three', [{ start: 4, end: 7 }])).toEqual([
      { text: 'one ', hit: false },
      { text: 'two', hit: true },
      { text: ' three', hit: false },
    ]);
    expect(snippetParts('今天天气很好', [{ start: 2, end: 6 }]).map(({ text }) => text)).toEqual([
      '今天',
      '天气很好',
    ]);
  });

  it('counts code points, not UTF-16 units', () => {
    expect(snippetParts('🙂𠮷野家🙂', [{ start: 1, end: 3 }])).toEqual([
      { text: '🙂', hit: false },
      { text: '𠮷野', hit: true },
      { text: '家🙂', hit: false },
    ]);
  });

  it('loses no text', () => {
    expect(snippetParts('', [])).toEqual([]);
    expect(snippetParts('<b>&', [])).toEqual([{ text: '<b>&', hit: false }]);
    const parts = snippetParts('abc', [
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ]);
    expect(parts.map(({ text }) => text).join('')).toBe('abc');
    expect(parts.filter((part) => part.hit)).toHaveLength(2);
  });
});

describe('groupHits', () => {
  it('keeps the order in which recordings first occur, and that of their hits', () => {
    const groups = groupHits([hit('a', 3), hit('b', 1), hit('a', 0)]);
    expect(groups.map(({ mediaId }) => mediaId)).toEqual(['a', 'b']);
    expect(groups[0]!.title).toBe('Title a');
    expect(groups[0]!.hits.map((item) => item.segment_index)).toEqual([3, 0]);
  });
});
