import { api } from '../api';
import { isAbort } from '../errors';
import { groupHits } from '../results';
import type { SearchHit } from '../types';

const kPage = 50;

/** The search over all transcripts. Kept while a recording is looked at: going back shows the same list at once. */
export class Search {
  /** What the hits are of; empty before the first search. */
  text = $state('');
  hits = $state.raw<SearchHit[]>([]);
  total = $state(0);
  complete = $state(true);
  busy = $state(false);
  error = $state.raw<unknown>(null);
  next = $state<string | null>(null);
  readonly groups = $derived(groupHits(this.hits));

  private abort: AbortController | null = null;

  /** The hits shown stay until the new ones are there. */
  async run(text: string): Promise<void> {
    await this.read(text, null);
  }

  async more(): Promise<void> {
    if (this.next && !this.busy) await this.read(this.text, this.next);
  }

  stop(): void {
    this.abort?.abort();
    this.busy = false;
  }

  private async read(text: string, cursor: string | null): Promise<void> {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    this.busy = true;
    try {
      const page = await api.search({ q: text, limit: kPage, cursor }, abort.signal);
      if (abort.signal.aborted) return;
      this.hits = cursor ? [...this.hits, ...page.items] : page.items;
      this.total = page.total;
      this.complete = page.complete;
      this.next = page.next;
      this.text = text;
      this.error = null;
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted) return;
      this.error = error;
    }
    this.busy = false;
  }
}

export const search = new Search();
