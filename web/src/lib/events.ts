import { kEventsPath, withQuery } from './api';
import type { Job, Media, ModelPull, Segment, TranscriptHeader } from './types';

export interface Removed {
  id: string;
  removed: true;
}

export interface SegmentEvent {
  job_id: string;
  transcript_id: string;
  segment: Segment;
}

export interface ServerEvents {
  job: Job | Removed;
  media: Media | Removed;
  transcript: TranscriptHeader | Removed;
  segment: SegmentEvent;
  system: { code: string; message: string };
  model: ModelPull;
}

/** `lost` is what people are told about: the stream has been down for longer than a blink. */
export type StreamState = 'connecting' | 'open' | 'lost';

type Handler<K extends keyof ServerEvents> = (data: ServerEvents[K]) => void;

interface Dependencies {
  open: (url: string) => EventSource;
  setTimer: (callback: () => void, ms: number) => unknown;
  clearTimer: (timer: unknown) => void;
}

const kTypes = ['job', 'media', 'transcript', 'segment', 'system', 'model'] as const;
const kLostAfterMs = 2_000;
const kFirstRetryMs = 1_000;
const kLongestRetryMs = 15_000;

export function isRemoved(data: object): data is Removed {
  return 'removed' in data && data.removed === true;
}

/**
 * The server's event stream, kept open for as long as the page lives.
 *
 * The browser reconnects by itself and sends Last-Event-ID; where it gives up (an HTTP error from a proxy, a
 * refused connection) this class opens a new stream from the last id it saw. Whenever events may have been missed,
 * `onResync` runs: the server said so, or there was no id to go on from.
 */
export class EventStream {
  onState: (state: StreamState) => void = () => {};
  onResync: () => void = () => {};

  private source: EventSource | null = null;
  private handlers = new Map<keyof ServerEvents, Set<(data: never) => void>>();
  private lastId = '';
  private wasOpen = false;
  private retries = 0;
  private retryTimer: unknown = null;
  private lostTimer: unknown = null;
  private readonly deps: Dependencies;

  constructor(deps: Partial<Dependencies> = {}) {
    this.deps = {
      open: (url) => new EventSource(url),
      setTimer: (callback, ms) => setTimeout(callback, ms),
      clearTimer: (timer) => clearTimeout(timer as number),
      ...deps,
    };
  }

  /** Returns the way to stop listening. */
  on<K extends keyof ServerEvents>(type: K, handler: Handler<K>): () => void {
    const set = this.handlers.get(type) ?? new Set();
    this.handlers.set(type, set);
    set.add(handler as (data: never) => void);
    return () => set.delete(handler as (data: never) => void);
  }

  start(): void {
    if (this.source) return;
    const source = this.deps.open(withQuery(kEventsPath, { last_event_id: this.lastId || undefined }));
    this.source = source;
    source.addEventListener('open', () => this.opened());
    source.addEventListener('error', () => this.failed(source));
    for (const type of kTypes) {
      source.addEventListener(type, (event) => this.received(type, event as MessageEvent<string>));
    }
    if (!this.wasOpen) this.onState('connecting');
  }

  stop(): void {
    this.source?.close();
    this.source = null;
    this.deps.clearTimer(this.retryTimer);
    this.deps.clearTimer(this.lostTimer);
    this.retryTimer = this.lostTimer = null;
  }

  /** Does not wait for the back-off: for "the network is back" and the button in the banner. */
  reconnectNow(): void {
    if (this.source && this.source.readyState === 1) return;
    this.source?.close();
    this.source = null;
    this.deps.clearTimer(this.retryTimer);
    this.retryTimer = null;
    this.start();
  }

  private opened(): void {
    this.deps.clearTimer(this.lostTimer);
    this.lostTimer = null;
    this.retries = 0;
    const again = this.wasOpen;
    this.wasOpen = true;
    this.onState('open');
    if (again && !this.lastId) this.onResync();
  }

  private failed(source: EventSource): void {
    if (source !== this.source) return;
    this.lostTimer ??= this.deps.setTimer(() => this.onState('lost'), kLostAfterMs);
    if (source.readyState !== 2) return; // The browser is reconnecting.
    source.close();
    this.source = null;
    const wait = Math.min(kFirstRetryMs * 2 ** this.retries++, kLongestRetryMs);
    this.retryTimer = this.deps.setTimer(() => this.start(), wait);
  }

  private received(type: keyof ServerEvents, event: MessageEvent<string>): void {
    if (event.lastEventId) this.lastId = event.lastEventId;
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // A line cut short by a proxy; the next event or resync mends it.
    }
    if (type === 'system' && (data as ServerEvents['system']).code === 'resync') this.onResync();
    for (const handler of this.handlers.get(type) ?? []) handler(data as never);
  }
}
