import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, isRemoved, type StreamState } from '$lib/events';

class FakeSource extends EventTarget {
  readyState = 0;
  closed = false;
  constructor(readonly url: string) {
    super();
  }
  close() {
    this.closed = true;
    this.readyState = 2;
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  fail(final: boolean) {
    this.readyState = final ? 2 : 0;
    this.dispatchEvent(new Event('error'));
  }
  send(type: string, data: unknown, lastEventId = '') {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.dispatchEvent(Object.assign(new Event(type), { data: text, lastEventId }));
  }
}

let sources: FakeSource[];
let stream: EventStream;
let states: StreamState[];
let resyncs: number;

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  states = [];
  resyncs = 0;
  stream = new EventStream({
    open: (url) => {
      const source = new FakeSource(url);
      sources.push(source);
      return source as unknown as EventSource;
    },
  });
  stream.onState = (state) => states.push(state);
  stream.onResync = () => (resyncs += 1);
  stream.start();
});

describe('EventStream', () => {
  it('hands each event to those who listen', () => {
    const jobs: unknown[] = [];
    const off = stream.on('job', (data) => jobs.push(data));
    sources[0]!.open();
    sources[0]!.send('job', { id: 'j1' }, '7');
    off();
    sources[0]!.send('job', { id: 'j2' }, '8');
    expect(jobs).toEqual([{ id: 'j1' }]);
    expect(states).toEqual(['connecting', 'open']);
  });

  it('survives a line that is not JSON', () => {
    const seen: unknown[] = [];
    stream.on('media', (data) => seen.push(data));
    sources[0]!.send('media', '{"id":');
    sources[0]!.send('media', { id: 'm1' });
    expect(seen).toHaveLength(1);
  });

  it('lets the browser reconnect and says so only after a while', () => {
    sources[0]!.open();
    sources[0]!.fail(false);
    vi.advanceTimersByTime(1_500);
    expect(states.at(-1)).toBe('open');
    sources[0]!.open();
    vi.advanceTimersByTime(10_000);
    expect(states).not.toContain('lost');
    sources[0]!.fail(false);
    vi.advanceTimersByTime(2_500);
    expect(states.at(-1)).toBe('lost');
    expect(sources).toHaveLength(1);
  });

  it('opens a new stream from the last id when the browser gave up', () => {
    sources[0]!.open();
    sources[0]!.send('job', { id: 'j1' }, '41');
    sources[0]!.fail(true);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(2);
    expect(sources[1]!.url).toBe('/api/v1/events?last_event_id=41');
    sources[1]!.open();
    expect(resyncs).toBe(0);
  });

  it('waits longer each time, up to a bound, and begins anew after success', () => {
    const waits: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      sources.at(-1)!.fail(true);
      let waited = 0;
      const before = sources.length;
      while (sources.length === before) {
        vi.advanceTimersByTime(500);
        waited += 500;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    sources.at(-1)!.open();
    sources.at(-1)!.fail(true);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(8);
  });

  it('asks for everything again when the server says so or there is no id to go on from', () => {
    sources[0]!.open();
    sources[0]!.send('system', { code: 'resync', message: '' }, '9');
    expect(resyncs).toBe(1);
    sources[0]!.send('system', { code: 'disk_full', message: '' }, '10');
    expect(resyncs).toBe(1);

    const fresh = new FakeSource('x');
    const other = new EventStream({ open: () => fresh as unknown as EventSource });
    other.onResync = () => (resyncs += 1);
    other.start();
    fresh.open();
    expect(resyncs).toBe(1);
    fresh.fail(false);
    fresh.open();
    expect(resyncs).toBe(2);
  });

  it('reconnects at once when told to, and not while connected', () => {
    sources[0]!.open();
    stream.reconnectNow();
    expect(sources).toHaveLength(1);
    sources[0]!.fail(true);
    stream.reconnectNow();
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(20_000);
    expect(sources).toHaveLength(2);
  });

  it('is silent after stop', () => {
    sources[0]!.open();
    stream.stop();
    expect(sources[0]!.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});

describe('isRemoved', () => {
  it('tells the notice from the thing', () => {
    expect(isRemoved({ id: 'x', removed: true })).toBe(true);
    expect(isRemoved({ id: 'x' })).toBe(false);
  });
});
