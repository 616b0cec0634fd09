import { ApiError, api } from '../api';
import { errorText } from '../errors';
import { isRemoved } from '../events';
import { t } from '../i18n/index.svelte';
import { jobRequest, type TranscribeChoice } from '../options';
import { applyJob, mergePage, removeById, upsertMedia, upsertTranscript } from '../reduce';
import type { Job, Media } from '../types';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

const kPageSize = 30;
const kLargestPage = 100;
const kUndoMs = 10_000;

/** The recordings on the page, newest first, kept true by events. */
class Library {
  items = $state.raw<Media[]>([]);
  next = $state<string | null>(null);
  loaded = $state(false);
  loadingMore = $state(false);
  error = $state.raw<unknown>(null);
  /** Deleted here and not yet at the server: may be undone. */
  private leaving = $state.raw<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());

  readonly shown = $derived(this.items.filter((media) => !this.leaving.has(media.id)));

  start(): () => void {
    const { stream } = session;
    const offs = [
      stream.on('media', (data) => {
        this.items = isRemoved(data)
          ? removeById(this.items, data.id)
          : upsertMedia(this.items, data, this.next === null);
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

  /** The first page, or as much as was on the page before. */
  async load(): Promise<void> {
    const limit = Math.min(kLargestPage, Math.max(kPageSize, this.items.length));
    try {
      const page = await api.listMedia({ limit });
      this.items = mergePage([], page.items, true);
      this.next = page.next;
      this.error = null;
      this.loaded = true;
    } catch (error) {
      this.error = error;
    }
  }

  async more(): Promise<void> {
    if (!this.next || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const page = await api.listMedia({ limit: kPageSize, after: this.next });
      this.items = mergePage(this.items, page.items, true);
      this.next = page.next;
    } catch (error) {
      toasts.error(errorText(error));
    } finally {
      this.loadingMore = false;
    }
  }

  put(media: Media): void {
    this.items = upsertMedia(this.items, media);
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

  /** Gone from the page at once, from the server when the time for undoing is over. */
  remove(media: Media): void {
    const timer = setTimeout(() => void this.deleteNow(media), kUndoMs);
    this.leaving = new Map(this.leaving).set(media.id, timer);
    toasts.show(t('media.deleted', { title: media.title }), {
      action: { label: t('common.undo'), run: () => this.stay(media.id) },
    });
  }

  private stay(id: string): void {
    clearTimeout(this.leaving.get(id));
    const leaving = new Map(this.leaving);
    leaving.delete(id);
    this.leaving = leaving;
  }

  private async deleteNow(media: Media): Promise<void> {
    try {
      await api.deleteMedia(media.id);
      this.items = removeById(this.items, media.id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.items = removeById(this.items, media.id);
      else toasts.error(errorText(error));
    }
    this.stay(media.id);
  }

  /** The page is closing: what was deleted is deleted. */
  private flushDeletes(): void {
    for (const [id, timer] of this.leaving) {
      clearTimeout(timer);
      void api.deleteMedia(id, true).catch(() => {});
    }
  }

  private heard(job: Job): void {
    this.items = applyJob(this.items, job);
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

export const library = new Library();
