import { api } from '../api';
import { errorText } from '../errors';
import * as format from '../format';
import { i18n, t } from '../i18n/index.svelte';
import { FileUpload } from '../upload';
import { library } from './library.svelte';
import { session } from './session.svelte';
import { settings } from './settings.svelte';
import { toasts } from './toasts.svelte';

export type UploadState = 'waiting' | 'uploading' | 'paused' | 'finishing' | 'failed';

const kAtOnce = 2;
const kRateWindowMs = 3_000;

export class UploadItem {
  state = $state<UploadState>('waiting');
  sent = $state(0);
  /** Bytes a second over the last moments; 0 while unknown. */
  rate = $state(0);
  error = $state('');
  transfer: FileUpload | null = null;
  private samples: { at: number; sent: number }[] = [];

  constructor(
    readonly id: number,
    readonly file: File,
  ) {}

  /** 0..1 */
  get share(): number {
    return this.file.size > 0 ? this.sent / this.file.size : 0;
  }

  /** 0 while unknown. */
  get leftMs(): number {
    return this.rate > 0 ? ((this.file.size - this.sent) / this.rate) * 1000 : 0;
  }

  progressed(sent: number, now: number): void {
    this.sent = sent;
    this.samples.push({ at: now, sent });
    while (this.samples.length > 2 && now - this.samples[0]!.at > kRateWindowMs) this.samples.shift();
    const first = this.samples[0]!;
    if (now - first.at > 300) this.rate = Math.max(0, ((sent - first.sent) / (now - first.at)) * 1000);
  }

  stalled(): void {
    this.samples = [];
    this.rate = 0;
  }
}

/** The files on their way to the server, two at a time. Each becomes a recording and its transcription is started. */
class Uploads {
  items = $state<UploadItem[]>([]);
  fetching = $state<{ id: number; url: string }[]>([]);
  private nextId = 1;

  readonly busy = $derived(this.items.some((item) => item.state !== 'paused' && item.state !== 'failed'));

  add(files: readonly File[]): void {
    const limit = session.system?.max_upload_bytes ?? 0;
    for (const file of files) {
      if (file.size === 0) {
        toasts.error(t('add.empty_file', { name: file.name }));
      } else if (limit > 0 && file.size > limit) {
        const sizes = { size: format.bytes(file.size, i18n.locale), limit: format.bytes(limit, i18n.locale) };
        toasts.error(t('add.too_big', { name: file.name, ...sizes }));
      } else {
        this.items.push(new UploadItem(this.nextId++, file));
      }
    }
    this.fill();
  }

  /** The server fetches it by itself; the page only waits for the answer. */
  async addUrl(url: string): Promise<boolean> {
    const entry = { id: this.nextId++, url };
    this.fetching = [...this.fetching, entry];
    try {
      const media = await api.addUrl(url);
      library.put(media);
      await library.transcribe(media, settings.choice);
      return true;
    } catch (error) {
      toasts.error(errorText(error));
      return false;
    } finally {
      this.fetching = this.fetching.filter((item) => item.id !== entry.id);
    }
  }

  async pause(item: UploadItem): Promise<void> {
    item.state = 'paused';
    item.stalled();
    await item.transfer?.pause();
    this.fill();
  }

  resume(item: UploadItem): void {
    item.error = '';
    item.state = 'waiting';
    this.fill();
  }

  async cancel(item: UploadItem): Promise<void> {
    this.drop(item);
    await item.transfer?.cancel();
    this.fill();
  }

  private fill(): void {
    let running = this.items.filter(
      (item) => item.state === 'uploading' || item.state === 'finishing',
    ).length;
    for (const item of this.items) {
      if (running >= kAtOnce) return;
      if (item.state !== 'waiting') continue;
      running += 1;
      this.begin(item);
    }
  }

  private begin(item: UploadItem): void {
    item.state = 'uploading';
    item.transfer ??= new FileUpload(item.file, {
      onProgress: (sent) => {
        item.progressed(sent, performance.now());
        if (item.state === 'uploading' && sent >= item.file.size) item.state = 'finishing';
      },
      onDone: (mediaId) => void this.done(item, mediaId),
      onError: (error) => {
        item.state = 'failed';
        item.stalled();
        item.error = errorText(error);
        this.fill();
      },
    });
    void item.transfer.start();
  }

  private async done(item: UploadItem, mediaId: string | null): Promise<void> {
    item.state = 'finishing';
    if (!mediaId) {
      item.state = 'failed';
      item.error = t('upload.no_id');
    } else {
      const started = await library.transcribe({ id: mediaId, title: item.file.name }, settings.choice);
      const media = await api.getMedia(mediaId).catch(() => null);
      if (media) library.put(media);
      if (media || started) this.drop(item);
      else {
        item.state = 'failed';
        item.error = t('error.network');
      }
    }
    this.fill();
  }

  private drop(item: UploadItem): void {
    this.items = this.items.filter((other) => other.id !== item.id);
  }
}

export const uploads = new Uploads();
