import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api';
import type { Edit } from '$lib/edit/edits';
import { EditQueue } from '$lib/edit/queue';
import { Server } from './edit-server';
import { segment } from './samples';

class Box {
  value = new Map<string, string>();
  getItem = (key: string) => this.value.get(key) ?? null;
  setItem = (key: string, value: string) => void this.value.set(key, value);
  removeItem = (key: string) => void this.value.delete(key);
}

async function opened(server: Server, box: Box | null = null) {
  const timers: (() => void)[] = [];
  const refused: string[] = [];
  const spent: string[] = [];
  const queue = new EditQueue('t1', server, box, {
    changed: () => {},
    refused: (message) => refused.push(message),
    spent: (draft) => spent.push(draft),
    setTimer: (callback) => timers.push(callback),
    clearTimer: () => {},
  });
  await queue.open(server.transcript());
  const key = (at: number) => queue.rows[at]!.key;
  const text = (at: number, text: string): Edit => ({ op: 'text', key: key(at), text, was: '' });
  const texts = () => queue.rows.map((row) => row.segment.text);
  const rest = () => vi.waitFor(() => expect(queue.state).toBe('saved'));
  const waiting = () => vi.waitFor(() => expect(queue.state).toBe('waiting'));
  return { queue, timers, refused, spent, key, text, texts, rest, waiting };
}

describe('EditQueue', () => {
  it('shows an edit at once and sends it', async () => {
    const server = new Server(['a', 'b']);
    const { queue, text, texts, rest } = await opened(server);
    queue.push([text(1, 'B')]);
    expect(texts()).toEqual(['a', 'B']);
    expect(server.texts).toEqual(['a', 'b']);
    await rest();
    expect(server.texts).toEqual(['a', 'B']);
    expect([queue.revision, queue.undoTo]).toEqual([1, 1]);
  });

  it('keeps the keys of the lines that a split made', async () => {
    const server = new Server(['one two', 'three']);
    const { queue, key, texts, rest } = await opened(server);
    const first = key(0);
    queue.push([{ op: 'split', key: first, offset: 4, made: 'half', was: '' }]);
    expect(texts()).toEqual(['one', 'two', 'three']);
    queue.push([{ op: 'text', key: 'half', text: 'TWO', was: '' }]);
    await rest();
    expect(server.texts).toEqual(['one', 'TWO', 'three']);
    expect([key(0), key(1)]).toEqual([first, 'half']);
    queue.push([{ op: 'merge', key: first, next: 'half', was: '' }]);
    await rest();
    expect(server.texts).toEqual(['one TWO', 'three']);
  });

  it('counts offsets in code points, and the space that the server holds before the text', async () => {
    const server = new Server(['']);
    server.rows = [{ ...server.rows[0]!, segment: segment(0, ' 😀😀 b') }];
    const { queue, key, rest } = await opened(server);
    queue.push([{ op: 'split', key: key(0), offset: 5, made: 'x', was: '' }]);
    await rest();
    expect(server.sent).toEqual([[{ op: 'split', index: 0, offset: 4 }]]);
  });

  it('joins what is typed while the line still waits', async () => {
    const server = new Server(['a']);
    const { queue, text, rest } = await opened(server);
    queue.push([text(0, 'ab')]); // On its way.
    queue.push([text(0, 'abc')]);
    queue.push([text(0, 'abcd')]);
    await rest();
    expect(server.log).toHaveLength(2);
    expect(server.texts).toEqual(['abcd']);
  });

  it('waits while the server is away, and goes on', async () => {
    const server = new Server(['a', 'b']);
    const { queue, timers, text, texts, waiting, rest } = await opened(server);
    server.failures = ['before'];
    queue.push([text(0, 'A')]);
    await waiting();
    queue.push([text(1, 'B')]);
    expect(texts()).toEqual(['A', 'B']);
    expect(server.texts).toEqual(['a', 'b']);
    timers.pop()!();
    await rest();
    expect(server.texts).toEqual(['A', 'B']);
  });

  it('does nothing twice when only the answer was lost', async () => {
    const server = new Server(['one two']);
    const { queue, timers, key, texts, waiting, rest } = await opened(server);
    server.failures = ['after'];
    queue.push([{ op: 'split', key: key(0), offset: 4, made: 'half', was: '' }]);
    await waiting();
    queue.push([{ op: 'text', key: 'half', text: 'TWO', was: '' }]);
    timers.pop()!();
    await rest();
    expect(server.texts).toEqual(['one', 'TWO']);
    expect(texts()).toEqual(['one', 'TWO']);
    expect(server.log).toHaveLength(2);
    expect(queue.conflicts).toEqual([]);
  });

  it('does an edit on the revision of another, where the line is as it was', async () => {
    const server = new Server(['a', 'b', 'c']);
    const here = await opened(server);
    const there = await opened(server);
    there.queue.push([
      { op: 'insert', before: there.key(0), made: 'i', start_ms: 0, end_ms: 1, text: 'new', speaker: '' },
    ]);
    await there.rest();
    here.queue.push([here.text(2, 'C')]);
    await here.rest();
    expect(server.texts).toEqual(['new', 'a', 'b', 'C']);
    expect(here.texts()).toEqual(server.texts);
    there.queue.note(2);
    await vi.waitFor(() => expect(there.texts()).toEqual(server.texts));
  });

  it('asks where both changed the same line, and loses neither', async () => {
    const server = new Server(['a', 'b']);
    const here = await opened(server);
    const there = await opened(server);
    there.queue.push([there.text(0, 'theirs')]);
    await there.rest();
    here.queue.push([here.text(0, 'mine')]);
    await here.rest();
    expect(here.texts()).toEqual(['theirs', 'b']);
    expect(here.queue.conflicts).toMatchObject([{ mine: 'mine', theirs: 'theirs', refusal: '' }]);
    expect(here.queue.unsaved).toBe(true);
    here.queue.push([here.text(0, 'mine')]);
    here.queue.settle(here.queue.conflicts[0]!);
    await here.rest();
    expect(server.texts).toEqual(['mine', 'b']);
    expect(here.queue.unsaved).toBe(false);
  });

  it('says so where the line is gone', async () => {
    const server = new Server(['a', 'b']);
    const here = await opened(server);
    const there = await opened(server);
    there.queue.push([{ op: 'delete', key: there.key(0), was: '' }]);
    await there.rest();
    here.queue.push([here.text(0, 'mine'), here.text(1, 'B')]);
    await here.rest();
    expect(here.queue.conflicts).toMatchObject([{ mine: 'mine', theirs: null }]);
    expect(server.texts).toEqual(['B']);
  });

  it('reads everything anew where there were too many changes', async () => {
    const server = new Server(['a', 'b', 'c']);
    const here = await opened(server);
    const there = await opened(server);
    const key = here.key(2);
    for (const text of ['A', 'AA', 'AAA']) {
      there.queue.push([there.text(0, text)]);
      await there.rest();
    }
    server.most = 2;
    here.queue.push([here.text(2, 'C')]);
    await here.rest();
    expect(server.texts).toEqual(['AAA', 'b', 'C']);
    expect(here.key(2)).toBe(key);
  });

  it('goes on after a reload, on lines that have moved meanwhile', async () => {
    const server = new Server(['a', 'b']);
    const box = new Box();
    const before = await opened(server, box);
    server.failures = ['before', 'before'];
    before.queue.push([before.text(1, 'B')]);
    await before.waiting();
    before.queue.close();
    expect(box.value.size).toBe(1);
    const other = await opened(server);
    server.failures = [];
    other.queue.push([
      { op: 'insert', before: other.key(0), made: 'i', start_ms: 0, end_ms: 1, text: 'new', speaker: '' },
    ]);
    await other.rest();
    const after = await opened(server, box);
    await after.rest();
    expect(server.texts).toEqual(['new', 'a', 'B']);
    expect(box.value.size).toBe(0);
  });

  it('knows after a reload what had been done', async () => {
    const server = new Server(['one two']);
    const box = new Box();
    const before = await opened(server, box);
    server.failures = ['after'];
    before.queue.push([{ op: 'split', key: before.key(0), offset: 4, made: 'half', was: '' }]);
    await before.waiting();
    before.queue.close();
    const after = await opened(server, box);
    await after.rest();
    expect(server.texts).toEqual(['one', 'two']);
    expect(after.queue.conflicts).toEqual([]);
    expect(box.value.size).toBe(0);
  });

  it('takes back an edit that was not sent without asking the server', async () => {
    const server = new Server(['a', 'b']);
    const { queue, text, texts, waiting, timers, rest } = await opened(server);
    server.failures = ['before'];
    queue.push([text(0, 'A')]);
    await waiting();
    queue.push([text(1, 'B')]);
    queue.undo();
    expect(texts()).toEqual(['A', 'b']);
    queue.redo();
    expect(texts()).toEqual(['A', 'B']);
    queue.undo();
    timers.pop()!();
    await rest();
    expect(server.texts).toEqual(['A', 'b']);
  });

  it('undoes what the server holds', async () => {
    const server = new Server(['a']);
    const { queue, text, texts, rest } = await opened(server);
    queue.push([text(0, 'A')]);
    await rest();
    queue.undo();
    await rest();
    expect(texts()).toEqual(['a']);
    expect(server.texts).toEqual(['a']);
  });

  it('keeps the text that the server refuses', async () => {
    const server = new Server(['a', 'b']);
    const { queue, key, text, texts, rest, refused } = await opened(server);
    server.failures = [new ApiError(422, 'invalid', 'too long')];
    queue.push([text(0, 'A')]);
    queue.push([text(1, 'B')]);
    await rest();
    expect(queue.conflicts).toMatchObject([{ mine: 'A', theirs: 'a', refusal: 'Too long.' }]);
    expect(texts()).toEqual(['a', 'B']);
    server.failures = [new ApiError(409, 'conflict', 'the job runs')];
    queue.push([{ op: 'delete', key: key(1), was: '' }]);
    await rest();
    expect(refused).toEqual(['The job runs.']);
    expect(texts()).toEqual(['a', 'B']);
  });

  it('lets go of a draft when it is taken over, or cannot be, and not before', async () => {
    const server = new Server(['a', 'b']);
    const take = (draft_id: string): Edit => ({ op: 'server', operation: { op: 'take', draft_id } });
    const { queue, spent, texts, rest, waiting, timers } = await opened(server);
    server.failures = ['before'];
    queue.push([take('d1')]);
    await waiting();
    expect(spent).toEqual([]);
    timers.shift()!();
    await rest();
    expect(texts()).toEqual(['d1', 'b']);
    expect(spent).toEqual(['d1']);

    server.failures = [new ApiError(404, 'not_found', 'no draft')];
    queue.push([take('d2')]);
    await rest();
    expect(spent).toEqual(['d1', 'd2']);
    expect(texts()).toEqual(['d1', 'b']);

    server.failures = ['after']; // Its answer is lost: the history says that it was done.
    queue.push([take('d3')]);
    await waiting();
    expect(spent).toEqual(['d1', 'd2']);
    timers.shift()!();
    await rest();
    expect(server.texts).toEqual(['d3', 'b']);
    expect(spent).toEqual(['d1', 'd2', 'd3']);
  });
});
