import { api } from '../api';
import { isRemoved } from '../events';
import { inQueueOrder, prioritiesFor } from '../reduce';
import type { Job } from '../types';
import { session } from './session.svelte';

const kPageSize = 500;
export const kMostPriority = 100;

/** The jobs that wait for a worker, of all recordings: for "number 3 in the queue". Kept true by events. */
class Queue {
  private waiting = $state.raw<Job[]>([]);
  private readonly places = $derived(
    new Map(inQueueOrder(this.waiting).map((job, at) => [job.id, at + 1] as const)),
  );
  readonly length = $derived(this.waiting.length);

  start(): () => void {
    return session.stream.on('job', (data) => {
      if (isRemoved(data)) this.drop(data.id);
      else this.heard(data);
    });
  }

  /** From 1; 0 when it does not wait. */
  place(jobId: string): number {
    return this.places.get(jobId) ?? 0;
  }

  /** What a job needs to be taken next. */
  get frontPriority(): number {
    const most = Math.max(-kMostPriority, ...this.waiting.map((job) => job.priority));
    return Math.min(kMostPriority, most + 1);
  }

  /** What must change so that it is taken one place earlier (-1) or later (1); empty where that cannot be. */
  moved(jobId: string, by: -1 | 1): Array<{ id: string; priority: number }> {
    const order = inQueueOrder(this.waiting);
    const at = order.findIndex((job) => job.id === jobId);
    const other = order[at + by];
    if (at < 0 || !other) return [];
    order[at + by] = order[at]!;
    order[at] = other;
    const changes = prioritiesFor(order);
    return changes.some(({ priority }) => priority > kMostPriority) ? [] : changes;
  }

  async load(): Promise<void> {
    try {
      this.waiting = (await api.listJobs({ state: 'queued', limit: kPageSize })).items;
    } catch {
      // Numbers are a nicety: without them the cards say "in the queue".
    }
  }

  heard(job: Job): void {
    if (job.state !== 'queued') this.drop(job.id);
    else this.waiting = [...this.waiting.filter((other) => other.id !== job.id), job];
  }

  private drop(id: string): void {
    if (this.waiting.some((job) => job.id === id)) this.waiting = this.waiting.filter((job) => job.id !== id);
  }
}

export const queue = new Queue();
