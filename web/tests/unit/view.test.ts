import { describe, expect, it } from 'vitest';
import { chooseAll, extend, nothingChosen, toggle } from '$lib/selection';
import { libraryPath, routeOf, searchPath } from '$lib/state/router.svelte';
import { kMostTagBytes, retag, splitTags, tagState, tidyTag } from '$lib/tags';
import { filterCount, plainView, viewFrom, viewParams, viewQuery, type LibraryView } from '$lib/view';

describe('the view in the address', () => {
  const view: LibraryView = {
    sort: '-duration',
    state: 'failed',
    language: 'zh',
    tag: '工作 & play',
    title: 'a+b',
  };

  it('comes back as it went', () => {
    expect(viewFrom(new URLSearchParams(viewParams(view).toString()))).toEqual(view);
    const path = libraryPath(view);
    expect(routeOf('/', path.slice(1))).toEqual({ page: 'library', query: '', view });
    expect(routeOf('/', searchPath('字', view).slice(1))).toEqual({ page: 'library', query: '字', view });
  });

  it('is no address at all when plain', () => {
    expect(libraryPath(plainView)).toBe('/');
    expect(viewParams(plainView).toString()).toBe('');
    expect(filterCount(plainView)).toBe(0);
  });

  it('leaves out what it does not understand', () => {
    const odd = new URLSearchParams('sort=colour&state=happy&language=english&tag=%20&title=%20x%20');
    expect(viewFrom(odd)).toEqual({ ...plainView, title: 'x' });
  });

  it('asks the server for what differs', () => {
    expect(Object.values(viewQuery(plainView)).every((value) => value === undefined)).toBe(true);
    expect(viewQuery(view)).toEqual({
      sort: '-duration',
      state: 'failed',
      language: 'zh',
      tag: '工作 & play',
      q: 'a+b',
    });
    expect(filterCount(view)).toBe(4);
  });
});

describe('choosing many', () => {
  const order = ['a', 'b', 'c', 'd', 'e'];
  const ids = (chosen: { ids: ReadonlySet<string> }) => [...chosen.ids].sort().join('');

  it('goes from the last one to this one, both ways', () => {
    const from = toggle(nothingChosen, 'd');
    expect(ids(extend(from, 'b', order))).toBe('bcd');
    expect(ids(extend(extend(from, 'b', order), 'e', order))).toBe('bcde');
  });

  it('unchooses a range when the anchor was unchosen', () => {
    const without = toggle(chooseAll(order), 'b');
    expect(ids(extend(without, 'd', order))).toBe('ae');
  });

  it('is a plain toggle where there is nothing to go on from', () => {
    expect(ids(extend(nothingChosen, 'c', order))).toBe('c');
    expect(ids(extend({ ids: new Set(['gone']), anchor: 'gone' }, 'c', order))).toBe('cgone');
    expect(ids(toggle(toggle(nothingChosen, 'a'), 'a'))).toBe('');
  });
});

describe('tags', () => {
  it('are tidied as the server does it', () => {
    expect(tidyTag('  two   words ')).toBe('two words');
    const long = '字'.repeat(60);
    expect(new TextEncoder().encode(tidyTag(long)).length).toBeLessThanOrEqual(kMostTagBytes);
    expect(tidyTag(long)).toBe('字'.repeat(33));
    expect(splitTags('a, b，采访、A；a;')).toEqual(['a', 'b', '采访']);
  });

  it('say on how many of a selection they are', () => {
    const two = [{ tags: ['x'] }, { tags: ['X', 'y'] }];
    expect(tagState('x', two)).toBe(true);
    expect(tagState('y', two)).toBe(null);
    expect(tagState('z', two)).toBe(false);
  });

  it('change only where they differ', () => {
    const a = { tags: ['x'] };
    const b = { tags: ['x', 'y'] };
    expect(retag([a, b], new Set(['y']), new Set())).toEqual([{ holder: a, tags: ['x', 'y'] }]);
    expect(retag([a, b], new Set(), new Set(['X']))).toEqual([
      { holder: a, tags: [] },
      { holder: b, tags: ['y'] },
    ]);
  });
});
