import { describe, expect, it } from 'vitest';
import {
  applyJob,
  inQueueOrder,
  prioritiesFor,
  mergePage,
  newestJob,
  putSegment,
  removeById,
  statusOf,
  upsertMedia,
  upsertTranscript,
} from '$lib/reduce';
import { inTurns } from '$lib/turns';
import type { Job, Segment } from '$lib/types';
import { at, header, job, media, segment } from './samples';

const ids = (items: { id: string }[]) => items.map((item) => item.id);

describe('statusOf', () => {
  it('tells the job where there is one', () => {
    expect(statusOf(media('m1', { job: job('j1', { state: 'paused' }) }))).toBe('paused');
    expect(statusOf(media('m1'))).toBe('untranscribed');
    expect(statusOf(media('m1', { state: 'inspecting' }))).toBe('inspecting');
  });
  it('puts an unreadable file above its job', () => {
    expect(statusOf(media('m1', { state: 'unreadable', job: job('j1') }))).toBe('unreadable');
  });
});

describe('upsertMedia', () => {
  const list = [media('m3', { created_at: at(30) }), media('m1', { created_at: at(10) })];

  it('keeps the newest first', () => {
    expect(ids(upsertMedia(list, media('m2', { created_at: at(20) })))).toEqual(['m3', 'm2', 'm1']);
  });
  it('does not put in what belongs to a later page', () => {
    const old = media('m0', { created_at: at(1) });
    expect(upsertMedia(list, old, false)).toBe(list);
    expect(ids(upsertMedia(list, old, true))).toEqual(['m3', 'm1', 'm0']);
  });
  it('drops an event older than what is known', () => {
    const known = [media('m1', { title: 'new', updated_at: at(9) })];
    expect(upsertMedia(known, media('m1', { title: 'old', updated_at: at(3) }))).toBe(known);
  });
  it('keeps a job that is newer than the one inside', () => {
    const known = [media('m1', { job: job('j1', { progress: 0.9, updated_at: at(9) }) })];
    const changed = upsertMedia(known, media('m1', { title: 'x', updated_at: at(5), job: job('j1') }));
    expect(changed[0]).toMatchObject({ title: 'x', job: { progress: 0.9 } });
  });
  it('joins pages without doubles', () => {
    const page = [media('m1', { created_at: at(10) }), media('m0', { created_at: at(1) })];
    expect(ids(mergePage(list, page, true))).toEqual(['m3', 'm1', 'm0']);
  });
});

describe('jobs', () => {
  it('replace the one before when later', () => {
    const first = job('j1', { created_at: at(1), state: 'failed' });
    const second = job('j2', { created_at: at(2) });
    expect(newestJob(first, second)).toBe(second);
    expect(newestJob(second, first)).toBe(second);
    expect(newestJob(null, first)).toBe(first);
  });
  it('of the same id go by their change', () => {
    const early = job('j1', { updated_at: at(1) });
    const late = job('j1', { updated_at: at(2), state: 'done' });
    expect(newestJob(late, early)).toBe(late);
    expect(newestJob(early, late)).toBe(late);
  });
  it('reach their recording and leave others alone', () => {
    const list = [media('m1'), media('m2')];
    const changed = applyJob(list, job('j1'));
    expect(changed[0]?.job?.id).toBe('j1');
    expect(changed[1]).toBe(list[1]);
    expect(applyJob(list, job('j9', { media_id: 'unknown' }))).toBe(list);
  });
});

describe('removeById', () => {
  it('answers the same list when there is nothing to do', () => {
    const list = [media('m1')];
    expect(removeById(list, 'm2')).toBe(list);
    expect(removeById(list, 'm1')).toEqual([]);
  });
});

describe('upsertTranscript', () => {
  it('replaces or adds, newest first', () => {
    const list = [header('t1', { created_at: at(1) })];
    expect(upsertTranscript(list, header('t1', { complete: true }))[0]?.complete).toBe(true);
    expect(ids(upsertTranscript(list, header('t2', { created_at: at(2) })))).toEqual(['t2', 't1']);
  });
});

describe('putSegment', () => {
  it('appends, replaces a line done again, and mends the order', () => {
    const list: Segment[] = [];
    for (const index of [0, 1, 3, 2, 1]) putSegment(list, segment(index, `${index}`));
    expect(list.map((item) => item.index)).toEqual([0, 1, 2, 3]);
    expect(putSegment(list, segment(2, 'again'))).toBe(2);
    expect(list[2]?.text).toBe('again');
    expect(list).toHaveLength(4);
  });
});

describe('the queue', () => {
  it('is in the order in which workers take it', () => {
    const waiting = [
      job('c', { state: 'queued' }),
      job('a', { state: 'queued' }),
      job('z', { state: 'queued', priority: 5 }),
      job('r', { state: 'running', priority: 9 }),
    ];
    expect(inQueueOrder(waiting).map(({ id }) => id)).toEqual(['z', 'a', 'c']);
  });

  it('is put in another order by as few priorities as will do', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => job(id, { state: 'queued' })) as [
      Job,
      Job,
      Job,
      Job,
    ];
    const done = (order: Job[]) => {
      const changes = prioritiesFor(order);
      const after = order.map((one) => ({
        ...one,
        priority: changes.find(({ id }) => id === one.id)?.priority ?? one.priority,
      }));
      expect(inQueueOrder([...after].reverse()).map(({ id }) => id)).toEqual(order.map(({ id }) => id));
      return changes;
    };
    expect(done([a, b, c, d])).toEqual([]);
    expect(done([a, b, d, c])).toHaveLength(3);
    expect(done([b, a, c, d])).toEqual([{ id: 'b', priority: 1 }]);
    expect(done([d, c, b, a])).toHaveLength(3);
    expect(done([{ ...c, priority: 9 }, b, a])).toEqual([{ id: 'b', priority: 1 }]);
    expect(prioritiesFor([])).toEqual([]);
  });

  it('of a film or a draft says nothing about the recording', () => {
    const items = [media('m1', { job: job('a', { state: 'done' }) })];
    const film = { ...job('b', { state: 'running', created_at: at(9) }), kind: 'render' as const };
    const draft = {
      ...job('c', { state: 'failed', created_at: at(9) }),
      span: { transcript_id: 't1', start_ms: 0, end_ms: 900 },
    };
    expect(applyJob(items, film)).toBe(items);
    expect(applyJob(items, draft)).toBe(items);
    expect(statusOf(applyJob(items, job('d', { state: 'failed', created_at: at(9) }))[0]!)).toBe('failed');
  });

  it('is not needed for a recording with an imported transcript', () => {
    expect(statusOf(media('m1', { transcripts: [header('t1', { complete: true })] }))).toBe('done');
  });
});

describe('inTurns', () => {
  it('does all, a few at a time, and answers what failed in order', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    const failed = await inTurns([5, 4, 3, 2, 1, 0], async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, item));
      running -= 1;
      if (item % 2) throw new Error(`odd ${item}`);
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.sort()).toEqual([0, 2, 4]);
    expect(failed.map(({ item }) => item)).toEqual([5, 3, 1]);
  });
});
