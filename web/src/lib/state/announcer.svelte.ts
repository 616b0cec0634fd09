import { isRemoved } from '../events';
import * as format from '../format';
import { i18n, t } from '../i18n/index.svelte';
import type { Job } from '../types';
import { session } from './session.svelte';

const kStep = 0.25;

/** Tells screen readers how jobs fare, at the quarters and at the end, never more often. */
class Announcer {
  text = $state('');
  private quarter = new Map<string, number>();

  start(titleOf: (mediaId: string) => string): () => void {
    return session.stream.on('job', (job) => {
      if (isRemoved(job)) this.quarter.delete(job.id);
      else this.heard(job, titleOf(job.media_id));
    });
  }

  say(text: string): void {
    this.text = text;
  }

  private heard(job: Job, title: string): void {
    if (!title) return;
    const before = this.quarter.get(job.id);
    if (job.state === 'running') {
      const now = Math.floor(job.progress / kStep);
      this.quarter.set(job.id, now);
      if (before !== undefined && now > before && now < 1 / kStep) {
        this.say(t('job.said_progress', { title, percent: format.percent(now * kStep, i18n.locale) }));
      }
      return;
    }
    if (before === undefined) return; // It did not run while this page was open.
    this.quarter.delete(job.id);
    if (job.state === 'done') this.say(t('job.said_done', { title }));
    if (job.state === 'failed') this.say(t('job.said_failed', { title }));
  }
}

export const announcer = new Announcer();
