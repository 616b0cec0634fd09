import { ApiError, api } from '../api';
import { errorText } from '../errors';
import { isRemoved } from '../events';
import { t } from '../i18n/index.svelte';
import { jobRequest, type TranscribeChoice } from '../options';
import { everyPage } from '../pages';
import { applyJob, mergePage, removeById, statusOf, upsertMedia, upsertTranscript } from '../reduce';
import { inTurns } from '../turns';
import type { Job, Media, TagCount } from '../types';
import { filterCount, plainView, sameView, viewQuery, type LibraryView } from '../view';
import { duplicates } from './duplicates';
import { queue } from './queue.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

const kPageSize = 30;
const kLargestPage = 100;
const kUndoMs = 10_000;
const kReloadMs = 400;
const kMostFills = 20;

/** The recordings on the page, in the order and with the filters asked for, kept true by events. */
class Library {
  items = $state.raw<Media[]>([]);
  next = $state<string | null>(null);
  loaded = $state(false);
  loadingMore = $state(false);
  error = $state.raw<unknown>(null);
  view = $state.raw<LibraryView>(plainView);
  tags = $state.raw<TagCount[]>([]);
  /** Another view is on its way. */
  changing = $state(false);
  private reloadTimer: ReturnType<typeof setTimeout> | undefined;
  private loads = 0;
  /** Deleted here and not yet at the server: may be undone. */
  private leaving = $state.raw<ReadonlySet<string>>(new Set());

  readonly shown = $derived(this.items.filter((media) => !this.leaving.has(media.id)));

  start(): () => void {
    const { stream } = session;
    const offs = [
      stream.on('media', (data) => {
        if (isRemoved(data)) this.items = removeById(this.items, data.id);
        else this.heardMedia(data);
      }),
      stream.on('job', (data) => {
        if (isRemoved(data)) this.jobRemoved(data.id);
        else this.heard(data);
      }),
      stream.on('transcript', (data) => {
        if (isRemoved(data)) return;
        const media = this.items.find((item) => item.id === data.media_id);
        if (!media) return;
        const transcripts = upsertTranscript(media.transcripts, data);
        this.items = this.items.map((item) => (item === media ? { ...media, transcripts } : item));
      }),
    ];
    const flush = () => this.flushDeletes();
    window.addEventListener('pagehide', flush);
    return () => {
      offs.forEach((off) => off());
      window.removeEventListener('pagehide', flush);
    };
  }

  /** Another order or other filters; nothing happens when they are the same. */
  show(view: LibraryView): void {
    if (sameView(view, this.view)) return;
    this.view = view;
    this.next = null;
    this.changing = this.loaded;
    void this.load(kPageSize);
  }

  /** The first page, or as much as was on the page before. */
  async load(limit = Math.min(kLargestPage, Math.max(kPageSize, this.items.length))): Promise<void> {
    clearTimeout(this.reloadTimer);
    this.reloadTimer = undefined;
    const load = ++this.loads;
    void this.loadTags();
    try {
      const page = await api.listMedia({ ...viewQuery(this.view), limit });
      if (load !== this.loads) return; // A later one was asked for meanwhile.
      this.items = page.items;
      this.next = page.next;
      this.error = null;
      this.loaded = true;
    } catch (error) {
      if (load !== this.loads) return;
      this.error = error;
      if (this.changing) toasts.error(errorText(error));
    }
    this.changing = false;
  }

  /** All that the view lets through, on the page or not. */
  async matching(most: number): Promise<{ items: Media[]; complete: boolean }> {
    const query = viewQuery(this.view);
    return everyPage((after, limit) => api.listMedia({ ...query, limit, after: after ?? undefined }), most);
  }

  isLeaving(id: string): boolean {
    return this.leaving.has(id);
  }

  async loadTags(): Promise<void> {
    this.tags = await api.tags().then(
      ({ items }) => items,
      () => this.tags,
    );
  }

  async more(): Promise<void> {
    if (!this.next || this.loadingMore) return;
    this.loadingMore = true;
    const load = this.loads;
    try {
      const page = await api.listMedia({ ...viewQuery(this.view), limit: kPageSize, after: this.next });
      if (load !== this.loads) return;
      this.items = this.plain ? mergePage(this.items, page.items, true) : appendNew(this.items, page.items);
      this.next = page.next;
    } catch (error) {
      toasts.error(errorText(error));
    } finally {
      this.loadingMore = false;
    }
  }

  /** Just added here: it stands on the page, and is looked at for being a duplicate. */
  put(media: Media): void {
    duplicates.watch(media.id);
    this.heardMedia(media);
  }

  titleOf(mediaId: string): string {
    return this.items.find((media) => media.id === mediaId)?.title ?? '';
  }

  /** Starts a transcription; answers whether it began. */
  async transcribe(media: Pick<Media, 'id' | 'title'>, choice: TranscribeChoice): Promise<boolean> {
    try {
      const { items, default: fallback } = session.models;
      this.heard(await api.createJob(jobRequest(media.id, choice, items, fallback)));
      return true;
    } catch (error) {
      toasts.error(t('upload.not_started', { title: media.title, reason: errorText(error) }));
      return false;
    }
  }

  async cancel(job: Job): Promise<void> {
    await this.attempt(async () => this.heard(await api.cancelJob(job.id)));
  }

  async pause(job: Job): Promise<void> {
    await this.attempt(async () => this.heard(await api.pauseJob(job.id)));
  }

  async resume(job: Job): Promise<void> {
    await this.attempt(async () => this.heard(await api.resumeJob(job.id)));
  }

  async toFront(job: Job): Promise<void> {
    await this.attempt(async () => this.heard(await api.setPriority(job.id, queue.frontPriority)));
  }

  /** One place earlier or later in the queue. */
  async move(job: Job, by: -1 | 1): Promise<void> {
    await this.attempt(async () => {
      for (const change of queue.moved(job.id, by)) {
        this.heard(await api.setPriority(change.id, change.priority));
      }
    });
  }

  async retry(job: Job): Promise<void> {
    await this.attempt(async () => this.heard(await api.retryJob(job.id)));
  }

  async rename(media: Media, title: string): Promise<Media | null> {
    try {
      const renamed = await api.renameMedia(media.id, title);
      this.items = upsertMedia(this.items, renamed, this.next === null);
      return renamed;
    } catch (error) {
      toasts.error(errorText(error));
      return null;
    }
  }

  remove(media: Media): void {
    this.removeAll([media]);
  }

  /** Gone from the page at once, from the server when the time for undoing is over. */
  removeAll(all: readonly Media[]): void {
    const ids = all.map((media) => media.id);
    this.leaving = new Set([...this.leaving, ...ids]);
    const timer = setTimeout(() => void this.deleteAll(all), kUndoMs);
    void this.fill();
    const undo = () => {
      clearTimeout(timer);
      this.stay(ids);
    };
    const text =
      all.length === 1
        ? t('media.deleted', { title: all[0]!.title })
        : t('many.deleted', { count: all.length });
    toasts.show(text, {
      action: { label: t('common.undo'), run: undo },
    });
  }

  /** A page of which everything goes shows what comes after it. */
  private async fill(): Promise<void> {
    for (let turn = 0; turn < kMostFills && this.next && this.shown.length === 0; turn += 1)
      await this.more();
  }

  private async deleteAll(all: readonly Media[]): Promise<void> {
    // Those that were brought back meanwhile stay.
    const going = all.filter(({ id }) => this.leaving.has(id));
    await inTurns(going, (media) => this.deleteNow(media));
    if (this.next && this.shown.length < kPageSize) await this.load(kPageSize);
  }

  private stay(ids: readonly string[]): void {
    const leaving = new Set(this.leaving);
    for (const id of ids) leaving.delete(id);
    this.leaving = leaving;
  }

  private async deleteNow(media: Media): Promise<void> {
    try {
      await api.deleteMedia(media.id);
      this.items = removeById(this.items, media.id);
      if (media.tags.length > 0) void this.loadTags();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.items = removeById(this.items, media.id);
      else toasts.error(errorText(error));
    }
    this.stay([media.id]);
  }

  /** The page is closing: what was deleted is deleted. */
  private flushDeletes(): void {
    for (const id of this.leaving) void api.deleteMedia(id, true).catch(() => {});
  }

  /** Nothing is held back, and the newest come first: events alone keep the page true. */
  private get plain(): boolean {
    return sameView(this.view, plainView);
  }

  heardMedia(media: Media): void {
    duplicates.heard(media);
    if (this.plain) {
      this.items = upsertMedia(this.items, media, this.next === null);
      return;
    }
    const known = this.items.find((item) => item.id === media.id);
    if (known) this.items = upsertMedia(this.items, media);
    // Where it stands now, and whether at all, only the server knows.
    this.reloadSoon();
  }

  heard(job: Job): void {
    const before = this.items;
    this.items = applyJob(this.items, job);
    queue.heard(job);
    if (this.plain || filterCount(this.view) === 0) return;
    const was = before.find((item) => item.id === job.media_id);
    const is = this.items.find((item) => item.id === job.media_id);
    const moved = was && is ? statusOf(was) !== statusOf(is) : job.state === this.view.state;
    if (moved) this.reloadSoon();
  }

  private reloadSoon(): void {
    this.reloadTimer ??= setTimeout(() => void this.load(), kReloadMs);
  }

  private jobRemoved(jobId: string): void {
    const media = this.items.find((item) => item.job?.id === jobId);
    if (!media) return;
    // An older job may be the newest now; only the server knows.
    void api
      .getMedia(media.id)
      .then((fresh) => (this.items = this.items.map((item) => (item.id === fresh.id ? fresh : item))))
      .catch(() => {});
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      toasts.error(errorText(error));
    }
  }
}

/** A further page in the server's own order. */
function appendNew(items: Media[], page: readonly Media[]): Media[] {
  const known = new Set(items.map((media) => media.id));
  return [...items, ...page.filter((media) => !known.has(media.id))];
}

export const library = new Library();
