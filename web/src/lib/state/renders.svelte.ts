import { errorText, isAbort } from '../errors';
import { isRemoved } from '../events';
import { newerFirst, newestJob } from '../reduce';
import { listRenders, removeJob, startRender } from '../subtitles/calls';
import { isRender, type RenderJob, type RenderOptions } from '../subtitles/types';
import { api } from '../api';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

/** The films with subtitles that were made of one recording, newest first, and those that are being made. */
export class Renders {
  jobs = $state.raw<RenderJob[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  private abort = new AbortController();

  constructor(readonly mediaId: string) {}

  start(): () => void {
    const off = session.stream.on('job', (data) => {
      if (isRemoved(data)) this.jobs = this.jobs.filter((job) => job.id !== data.id);
      else if (data.media_id === this.mediaId && isRender(data)) this.take(data);
    });
    this.abort = new AbortController();
    void this.load();
    return () => {
      off();
      this.abort.abort();
    };
  }

  async load(): Promise<void> {
    try {
      const { items } = await listRenders(this.mediaId, this.abort.signal);
      this.jobs = items.sort(newerFirst);
      this.loaded = true;
      this.error = null;
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    }
  }

  async begin(transcriptId: string, options: RenderOptions): Promise<boolean> {
    return this.attempt(async () => this.take(await startRender(transcriptId, options)));
  }

  cancel(job: RenderJob): Promise<boolean> {
    return this.attempt(async () => this.take((await api.cancelJob(job.id)) as RenderJob));
  }

  retry(job: RenderJob): Promise<boolean> {
    return this.attempt(async () => this.take((await api.retryJob(job.id)) as RenderJob));
  }

  remove(job: RenderJob): Promise<boolean> {
    return this.attempt(async () => {
      await removeJob(job.id);
      this.jobs = this.jobs.filter((item) => item.id !== job.id);
    });
  }

  private take(job: RenderJob): void {
    const known = this.jobs.find((item) => item.id === job.id);
    const newest = (newestJob(known ?? null, job) ?? job) as RenderJob;
    this.jobs = [...this.jobs.filter((item) => item.id !== job.id), newest].sort(newerFirst);
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      toasts.error(errorText(error));
      return false;
    }
  }
}
