import { api } from '../api';
import { EventStream, type StreamState } from '../events';
import { applyPull, changesFiles } from '../models';
import type { Models, System } from '../types';

const kSystemEveryMs = 60_000;

/** What every page shares: the event stream, and what the server says about itself. */
class Session {
  readonly stream = new EventStream();
  connection = $state<StreamState>('connecting');
  online = $state(true);
  /** Grows whenever events may have been missed: pages that read it load again. */
  resyncs = $state(0);
  /** Moves once a half minute, for "5 minutes ago". */
  now = $state(Date.now());
  system = $state.raw<System | null>(null);
  models = $state.raw<Models>({ items: [], default: '', offline: false, pullable: [] });
  /** What the last try to load the system's state failed with. */
  systemError = $state.raw<unknown>(null);
  modelsKnown = $state(false);

  readonly status = $derived(
    this.system === null || this.connection === 'lost' ? 'unknown' : this.system.status,
  );

  start(): () => void {
    this.online = navigator.onLine;
    this.stream.onState = (state) => {
      const back = state === 'open' && this.connection === 'lost';
      this.connection = state;
      // After a longer absence the server may be another process, which knows nothing of the ids of before.
      if (back) this.resyncs += 1;
      if (back || (state === 'open' && !this.system)) void this.refresh();
    };
    this.stream.onResync = () => (this.resyncs += 1);
    const offSystem = this.stream.on('system', () => void this.refresh());
    const offModel = this.stream.on('model', (pull) => {
      this.models = applyPull(this.models, pull);
      if (changesFiles(pull)) void this.refresh();
    });
    this.stream.start();
    void this.refresh();
    const ticks = setInterval(() => (this.now = Date.now()), 30_000);
    const checks = setInterval(() => void this.refresh(), kSystemEveryMs);
    const online = () => {
      this.online = true;
      this.stream.reconnectNow();
    };
    const offline = () => (this.online = false);
    window.addEventListener('online', online);
    window.addEventListener('offline', offline);
    return () => {
      offSystem();
      offModel();
      this.stream.stop();
      clearInterval(ticks);
      clearInterval(checks);
      window.removeEventListener('online', online);
      window.removeEventListener('offline', offline);
    };
  }

  async refresh(): Promise<void> {
    const [system, models] = await Promise.allSettled([api.system(), api.models()]);
    if (system.status === 'fulfilled') this.system = system.value;
    this.systemError = system.status === 'rejected' ? system.reason : null;
    if (models.status === 'fulfilled') {
      this.models = models.value;
      this.modelsKnown = true;
    }
  }

  languageName(code: string): string {
    return this.system?.languages.find((language) => language.code === code)?.name ?? code;
  }
}

export const session = new Session();
