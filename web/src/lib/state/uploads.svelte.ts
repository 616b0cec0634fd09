import { api } from '../api';
import { kMostFiles, type Found } from '../drop';
import { errorText } from '../errors';
import * as format from '../format';
import { i18n, t } from '../i18n/index.svelte';
import { holdLock } from '../locks';
import { uploadLock } from '../unfinished';
import { FileUpload } from '../upload';
import { library } from './library.svelte';
import { session } from './session.svelte';
import { settings } from './settings.svelte';
import { toasts } from './toasts.svelte';

export type UploadState = 'waiting' | 'uploading' | 'paused' | 'finishing' | 'failed';

const kAtOnce = 2;
const kRateWindowMs = 3_000;

/** Who gave a file and wants to know what became of it. */
export interface UploadOwner {
  /** The server has it. */
  stored: () => void;
  /** It was cancelled or refused. */
  dropped: () => void;
}

export class UploadItem {
  state = $state<UploadState>('waiting');
  sent = $state(0);
  /** Bytes a second over the last moments; 0 while unknown. */
  rate = $state(0);
  error = $state('');
  transfer: FileUpload | null = null;
  /** Stopped for want of a network: goes on by itself when the server is back. */
  cutOff = false;
  /** Tells the other tabs that it is in good hands. */
  unlock: (() => void) | null = null;
  private samples: { at: number; sent: number }[] = [];

  constructor(
    readonly id: number,
    readonly file: File,
    readonly owner?: UploadOwner,
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

  add(files: readonly File[], owner?: UploadOwner): void {
    const limit = session.system?.max_upload_bytes ?? 0;
    for (const file of files) {
      if (file.size === 0) {
        toasts.error(t('add.empty_file', { name: file.name }));
        owner?.dropped();
      } else if (limit > 0 && file.size > limit) {
        const sizes = { size: format.bytes(file.size, i18n.locale), limit: format.bytes(limit, i18n.locale) };
        toasts.error(t('add.too_big', { name: file.name, ...sizes }));
        owner?.dropped();
      } else {
        this.items.push(new UploadItem(this.nextId++, file, owner));
      }
    }
    this.fill();
  }

  /** From a drop or a folder: what was left out is told, once. */
  addFound(found: Found): void {
    if (found.files.length === 0) {
      toasts.error(found.ignored > 0 ? t('add.no_media', { count: found.ignored }) : t('add.nothing'));
    } else if (found.ignored > 0) {
      toasts.show(t('add.ignored', { count: found.ignored }));
    }
    if (found.unread > 0) toasts.error(t('add.unread', { count: found.unread }));
    if (found.cut) toasts.error(t('add.cut', { count: kMostFiles }));
    this.add(found.files);
  }

  /** The server fetches it by itself; the page only waits for the answer. Answers what went wrong, or nothing. */
  async addUrl(url: string): Promise<string> {
    const entry = { id: this.nextId++, url };
    this.fetching = [...this.fetching, entry];
    try {
      const media = await api.addUrl(url);
      library.put(media);
      await library.transcribe(media, settings.choice);
      return '';
    } catch (error) {
      return errorText(error);
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

  /** The server can be reached again: what was cut off goes on. */
  reconnected(): void {
    for (const item of this.items) if (item.state === 'failed' && item.cutOff) this.resume(item);
  }

  resume(item: UploadItem): void {
    item.error = '';
    item.cutOff = false;
    item.state = 'waiting';
    this.fill();
  }

  async cancel(item: UploadItem): Promise<void> {
    this.drop(item);
    item.owner?.dropped();
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
    item.unlock ??= holdLock(uploadLock(item.file.name, item.file.size));
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
        item.cutOff = error.is_network;
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
      item.owner?.stored();
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
    item.unlock?.();
    this.items = this.items.filter((other) => other.id !== item.id);
  }
}

export const uploads = new Uploads();
