// How events change what is on the page: pure functions, newest state wins, unknown things are left alone.
import type { Job, Media, Segment, TranscriptHeader } from './types';

/** What one chip says about a recording; the job's state where there is one. */
export type Status =
  | 'inspecting'
  | 'unreadable'
  | 'untranscribed'
  | 'queued'
  | 'running'
  | 'paused'
  | 'done'
  | 'failed'
  | 'cancelled';

export function statusOf(media: Media): Status {
  if (media.state === 'unreadable') return 'unreadable';
  if (media.job) return media.job.state;
  // Imported, or its job was deleted.
  if (media.transcripts.some((transcript) => transcript.complete)) return 'done';
  return media.state === 'inspecting' ? 'inspecting' : 'untranscribed';
}

export function isActive(job: Job | null | undefined): boolean {
  return job?.state === 'queued' || job?.state === 'running' || job?.state === 'paused';
}

/** A job that only makes a draft of a part, or a film, says nothing about the recording. */
export function isWhole(job: Job): boolean {
  const { kind, span } = job as { kind?: string; span?: unknown };
  return (kind === undefined || kind === 'transcribe') && !span;
}

/** Ids are UUIDv7, so for the same instant the greater id is the newer one. */
export function newerFirst(
  a: { created_at: string; id: string },
  b: { created_at: string; id: string },
): number {
  const byTime = Date.parse(b.created_at) - Date.parse(a.created_at);
  return byTime || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** The jobs that wait, in the order in which workers take them. */
export function inQueueOrder(jobs: readonly Job[]): Job[] {
  return jobs
    .filter((job) => job.state === 'queued')
    .sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The priorities that put waiting jobs in this order, of those alone that need another one. */
export function prioritiesFor(order: readonly Job[]): Array<{ id: string; priority: number }> {
  const changes: Array<{ id: string; priority: number }> = [];
  let below = order.at(-1)?.priority ?? 0;
  for (let at = order.length - 2; at >= 0; at -= 1) {
    const job = order[at]!;
    const least = job.id < order[at + 1]!.id ? below : below + 1; // Of the same priority the older one is first.
    below = Math.max(job.priority, least);
    if (below !== job.priority) changes.push({ id: job.id, priority: below });
  }
  return changes;
}

/** `complete` false: the list goes on at the server, so something older than its end is not put in. */
export function upsertMedia(items: Media[], media: Media, complete = true): Media[] {
  const at = items.findIndex((item) => item.id === media.id);
  if (at >= 0) {
    const known = items[at]!;
    if (Date.parse(known.updated_at) > Date.parse(media.updated_at)) return items;
    const job = newestJob(known.job, media.job);
    return items.with(at, job === media.job ? media : { ...media, job });
  }
  const last = items.at(-1);
  if (!complete && last && newerFirst(last, media) < 0) return items;
  return [...items, media].sort(newerFirst);
}

export function mergePage(items: Media[], page: Media[], complete: boolean): Media[] {
  return page.reduce((all, media) => upsertMedia(all, media, complete), items);
}

export function removeById<T extends { id: string }>(items: T[], id: string): T[] {
  return items.some((item) => item.id === id) ? items.filter((item) => item.id !== id) : items;
}

/** The one to show: the later created; of the same job, the later updated. */
export function newestJob(known: Job | null, other: Job | null): Job | null {
  if (!known || !other) return known ?? other;
  if (known.id === other.id)
    return Date.parse(known.updated_at) > Date.parse(other.updated_at) ? known : other;
  return newerFirst(known, other) <= 0 ? known : other;
}

export function applyJob(items: Media[], job: Job): Media[] {
  if (job.span) return items; // A part done again says nothing about the whole.
  const at = items.findIndex((item) => item.id === job.media_id);
  if (at < 0 || !isWhole(job)) return items;
  const media = items[at]!;
  const newest = newestJob(media.job, job);
  return newest === media.job ? items : items.with(at, { ...media, job: newest });
}

export function upsertTranscript(items: TranscriptHeader[], header: TranscriptHeader): TranscriptHeader[] {
  const at = items.findIndex((item) => item.id === header.id);
  return at >= 0 ? items.with(at, header) : [...items, header].sort(newerFirst);
}

/**
 * Puts a segment in its place, in order of `index`; a window that is done again replaces its segments.
 * Changes `segments`; answers the position that changed.
 */
export function putSegment(segments: Segment[], segment: Segment): number {
  let at = segments.length;
  while (at > 0 && segments[at - 1]!.index >= segment.index) at -= 1;
  const same = segments[at]?.index === segment.index;
  segments.splice(at, same ? 1 : 0, segment);
  return at;
}
