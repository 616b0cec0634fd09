import { describe, expect, it } from 'vitest';
import { everyPage, piecesOf } from '$lib/pages';

/** A list of numbers, read as the server gives it. */
function list(length: number) {
  const asked: [string | null, number][] = [];
  const read = async (after: string | null, limit: number) => {
    asked.push([after, limit]);
    const from = Number(after ?? 0);
    const items = Array.from({ length: Math.min(limit, length - from) }, (_, at) => from + at);
    const end = from + items.length;
    return { items, next: end < length ? String(end) : null };
  };
  return { asked, read };
}

describe('every page', () => {
  it('is read until the list ends', async () => {
    const { asked, read } = list(12);
    const { items, complete } = await everyPage(read, 100, 5);
    expect(items).toEqual(Array.from({ length: 12 }, (_, at) => at));
    expect(complete).toBe(true);
    expect(asked).toEqual([
      [null, 5],
      ['5', 5],
      ['10', 5],
    ]);
  });
  it('stops at the most, and says that there is more', async () => {
    const { asked, read } = list(12);
    const { items, complete } = await everyPage(read, 7, 5);
    expect(items).toHaveLength(7);
    expect(complete).toBe(false);
    expect(asked.at(-1)).toEqual(['5', 2]);
    expect((await everyPage(list(7).read, 7, 5)).complete).toBe(true);
  });
  it('does not go round and round where a page is empty', async () => {
    const read = async () => ({ items: [], next: 'x' });
    expect(await everyPage(read, 10)).toEqual({ items: [], complete: true });
  });
});

describe('pieces', () => {
  it('hold all in order, none longer than asked', () => {
    expect(piecesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(piecesOf([], 2)).toEqual([]);
  });
});
