import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { library } from '$lib/state/library.svelte';
import { selection } from '$lib/state/selection.svelte';
import type { Media } from '$lib/types';
import { plainView } from '$lib/view';
import { at, media } from './samples';

// A server with more recordings than a page shows.
const kCount = 1_234;
let stored: Media[] = [];
let calls: string[] = [];
let running = 0;
let mostRunning = 0;

beforeEach(async () => {
  vi.useFakeTimers();
  stored = Array.from({ length: kCount }, (_, index) =>
    media(`m${kCount - index}`, { created_at: at(kCount - index), updated_at: at(0) }),
  );
  calls = [];
  running = mostRunning = 0;
  vi.stubGlobal('fetch', async (address: string, { method }: { method: string }) => {
    const url = new URL(address, 'http://zimu');
    calls.push(`${method} ${url.pathname}`);
    mostRunning = Math.max(mostRunning, ++running);
    await Promise.resolve();
    running -= 1;
    if (method === 'DELETE') {
      stored = stored.filter(({ id }) => !url.pathname.endsWith(`/${id}`));
      return new Response(null, { status: 204 });
    }
    if (url.pathname.endsWith('/tags')) return Response.json({ items: [] });
    const limit = Number(url.searchParams.get('limit'));
    const from = stored.findIndex(({ id }) => id === url.searchParams.get('after')) + 1;
    const items = stored.slice(from, from + limit);
    return Response.json({ items, next: from + limit < stored.length ? items.at(-1)!.id : null });
  });
  library.view = plainView;
  library.items = [];
  await library.load(30);
});

afterEach(() => {
  selection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('select all', () => {
  it('means all that match, in few requests, not only what is on the page', async () => {
    expect(library.shown).toHaveLength(30);
    calls = [];
    await selection.all();
    expect(selection.items).toHaveLength(kCount);
    expect(new Set(selection.items.map(({ id }) => id)).size).toBe(kCount);
    expect(selection.every).toBe(true);
    expect(selection.more).toBe(false);
    expect(calls).toHaveLength(3);
  });

  it('lets go of one, and ends with another view', async () => {
    await selection.all();
    selection.toggle('m1', false);
    expect(selection.items).toHaveLength(kCount - 1);
    expect(selection.every).toBe(false);
    library.view = { ...plainView, title: 'x' };
    expect(selection.items.every(({ id }) => library.shown.some((item) => item.id === id))).toBe(true);
  });

  it('is given up when nothing is to be chosen before all are known', async () => {
    const gathering = selection.all();
    selection.none();
    await gathering;
    expect(selection.items).toEqual([]);
    expect(selection.gathering).toBe(false);
  });

  it('deletes all of them after the time for undoing, a few at a time', async () => {
    await selection.all();
    library.removeAll(selection.items);
    selection.close();
    expect(library.shown).toEqual([]);
    expect(stored).toHaveLength(kCount);
    mostRunning = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(stored).toEqual([]));
    expect(mostRunning).toBeLessThanOrEqual(4); // Three lanes, and the list that is read anew.
    expect(calls.filter((call) => call.startsWith('DELETE'))).toHaveLength(kCount);
  });

  it('shows what comes after the page when all of the page goes', async () => {
    library.removeAll(library.shown);
    await vi.waitFor(() => expect(library.shown.length).toBeGreaterThan(0));
    expect(library.shown[0]!.id).toBe(`m${kCount - 30}`);
  });
});
