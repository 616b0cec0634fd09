import { t } from '../i18n/index.svelte';
import type { Key } from '../i18n/types';
import { levelOf, microphoneProblem, recordingKind, takeName } from '../microphone';
import { holdTake, leftTakes, takes, type Take } from '../takes';
import { toasts } from './toasts.svelte';
import { uploads } from './uploads.svelte';

export type Phase = 'closed' | 'asking' | 'ready' | 'recording' | 'paused' | 'saving' | 'problem';

const kPieceMs = 1_000;
const kBitsPerSecond = 96_000; // Opus: more than speech needs.
const kLevelMs = 100;
export const kMostLevels = 96;
const kSilentLevel = 0.02;
const kSilentTicks = 40;
const kUndoMs = 10_000;
/** A browser that does not say that it stopped is not waited for longer. */
const kStopMs = 3_000;

/** The microphone. It records on while other pages of the app are shown; one take at a time. */
class Recorder {
  phase = $state<Phase>('closed');
  /** Why it does not work; empty while it does. */
  problem = $state<Key | ''>('');
  /** Sound so far, pauses left out. */
  ms = $state(0);
  /** The last moments, 0..1, newest last. */
  levels = $state.raw<number[]>([]);
  devices = $state.raw<{ id: string; label: string }[]>([]);
  deviceId = $state('');
  /** The browser's database refuses: closing the page loses this take. */
  unsafe = $state(false);
  /** From visits before, and stopped ones that were not added. */
  left = $state.raw<Take[]>([]);

  private silentTicks = $state(0);
  readonly silent = $derived(this.phase === 'recording' && this.silentTicks >= kSilentTicks);
  readonly live = $derived(this.phase === 'recording' || this.phase === 'paused');

  private stream: MediaStream | null = null;
  private media: MediaRecorder | null = null;
  private audio: AudioContext | null = null;
  private ticker = 0;
  private wake: WakeLockSentinel | null = null;
  private take: Take | null = null;
  private release = () => {};
  private pieces = 0;
  private writing: Promise<void> = Promise.resolve();
  /** Pieces that could not be stored, by take. Where the database gave up, it did so for the rest of the take. */
  private loose = new Map<string, Blob[]>();
  private stopped: Promise<unknown> = Promise.resolve();
  private startedAt = 0;
  private beforeMs = 0;

  /** Asks for the microphone and shows its level; records nothing yet. */
  async open(deviceId = this.deviceId): Promise<void> {
    if (this.live || this.phase === 'saving') return;
    this.silence();
    this.problem = '';
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === 'undefined') {
      this.fail(window.isSecureContext ? 'mic.unsupported' : 'mic.insecure');
      return;
    }
    this.phase = 'asking';
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: deviceId ? { deviceId: { exact: deviceId } } : true,
      });
      if (this.phase !== 'asking') return stream.getTracks().forEach((track) => track.stop());
      this.stream = stream;
      const [track] = stream.getAudioTracks();
      track?.addEventListener('ended', () => this.lost());
      this.deviceId = track?.getSettings().deviceId ?? '';
      this.listen(stream);
      this.phase = 'ready';
      const all = await navigator.mediaDevices.enumerateDevices();
      this.devices = all
        .filter((device) => device.kind === 'audioinput' && device.label)
        .map((device) => ({ id: device.deviceId, label: device.label }));
    } catch (error) {
      this.fail(microphoneProblem(error));
    }
  }

  start(): void {
    if (this.phase !== 'ready' || !this.stream) return;
    const mimeType = recordingKind((kind) => MediaRecorder.isTypeSupported(kind));
    const media = new MediaRecorder(this.stream, { mimeType, audioBitsPerSecond: kBitsPerSecond });
    const take = { id: crypto.randomUUID(), startedAt: Date.now(), mime: media.mimeType, ms: 0, bytes: 0 };
    this.media = media;
    this.take = take;
    this.release = holdTake(take.id);
    this.pieces = this.beforeMs = this.silentTicks = 0;
    this.unsafe = false;
    media.ondataavailable = ({ data }) => this.keep(take, data);
    media.onerror = () => void this.stop('mic.failed');
    this.stopped = new Promise((resolve) => media.addEventListener('stop', resolve, { once: true }));
    media.start(kPieceMs);
    this.startedAt = performance.now();
    this.phase = 'recording';
    void navigator.wakeLock?.request('screen').then(
      (wake) => (this.live ? (this.wake = wake) : void wake.release()),
      () => {},
    );
    void navigator.storage?.persist?.().catch(() => {});
  }

  pause(): void {
    if (this.phase !== 'recording') return;
    this.ms = this.elapsed();
    this.beforeMs = this.ms;
    this.media?.pause();
    this.phase = 'paused';
  }

  resume(): void {
    if (this.phase !== 'paused') return;
    this.media?.resume();
    this.startedAt = performance.now();
    this.silentTicks = 0;
    this.phase = 'recording';
  }

  /** Ends the take and sends it to the server, as any file. */
  async finish(): Promise<void> {
    const take = await this.stop();
    if (take) await this.add(take);
  }

  /** Ends the take and puts it among those that are left: nothing is thrown away by closing. */
  async close(): Promise<void> {
    await this.stop();
    this.silence();
    this.problem = '';
    this.phase = 'closed';
  }

  /** What other visits left. */
  async look(): Promise<void> {
    try {
      this.left = await leftTakes();
    } catch {
      this.left = []; // No database, so nothing in it.
    }
  }

  async add(take: Take): Promise<void> {
    const release = holdTake(take.id);
    this.left = this.left.filter((other) => other.id !== take.id);
    const file = await this.fileOf(take).catch(() => null);
    if (!file || file.size === 0) {
      release();
      toasts.error(t('mic.unreadable'));
      return;
    }
    uploads.add([file], {
      stored: () => void this.forget(take).finally(release),
      dropped: () => {
        release();
        this.keptAgain(take);
      },
    });
  }

  /** To the person's own disk; it stays here too. */
  async download(take: Take): Promise<void> {
    const url = URL.createObjectURL(await this.fileOf(take));
    const link = document.createElement('a');
    link.href = url;
    link.download = takeName(take.startedAt, take.mime, t('mic.file_word'));
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  discard(take: Take): void {
    const release = holdTake(take.id);
    this.left = this.left.filter((other) => other.id !== take.id);
    const timer = setTimeout(() => void this.forget(take).finally(release), kUndoMs);
    toasts.show(t('mic.discarded'), {
      action: {
        label: t('common.undo'),
        run: () => {
          clearTimeout(timer);
          release();
          this.keptAgain(take);
        },
      },
    });
  }

  private async forget(take: Take): Promise<void> {
    this.loose.delete(take.id);
    await takes.remove(take.id).catch(() => {});
  }

  private keptAgain(take: Take): void {
    if (!this.left.some((other) => other.id === take.id)) this.left = [take, ...this.left];
  }

  private async fileOf(take: Take): Promise<File> {
    const stored = await takes.pieces(take.id).catch(() => []);
    const parts = [...stored, ...(this.loose.get(take.id) ?? [])];
    const name = takeName(take.startedAt, take.mime, t('mic.file_word'));
    return new File(parts, name, { type: take.mime.split(';')[0], lastModified: take.startedAt });
  }

  private keep(take: Take, piece: Blob): void {
    if (piece.size === 0) return;
    const number = this.pieces++;
    take.ms = this.elapsed();
    take.bytes += piece.size;
    const now = { ...take };
    this.writing = this.writing
      .then(() => (this.unsafe ? Promise.reject(new Error('given up')) : takes.append(now, number, piece)))
      .catch(() => {
        this.unsafe = true;
        this.loose.set(take.id, [...(this.loose.get(take.id) ?? []), piece]);
      });
  }

  /** Answers the take when there is something in it. */
  private async stop(problem: Key | '' = ''): Promise<Take | null> {
    const { media, take } = this;
    if (!media || !take || this.phase === 'saving') return null;
    this.ms = this.elapsed();
    this.beforeMs = this.ms;
    this.phase = 'saving';
    if (media.state !== 'inactive') media.stop();
    await Promise.race([this.stopped, new Promise((resolve) => setTimeout(resolve, kStopMs))]);
    await this.writing;
    this.media = null;
    this.silence();
    this.release();
    take.ms = this.ms;
    this.ms = 0;
    this.problem = problem;
    this.phase = problem ? 'problem' : 'closed';
    if (take.bytes === 0) return null;
    this.keptAgain(take);
    return take;
  }

  private lost(): void {
    if (this.live) void this.stop('mic.lost');
    else if (this.phase === 'ready') this.fail('mic.lost_ready');
  }

  private fail(problem: Key): void {
    this.silence();
    this.problem = problem;
    this.phase = 'problem';
  }

  private elapsed(): number {
    return this.phase === 'recording' ? this.beforeMs + performance.now() - this.startedAt : this.beforeMs;
  }

  private listen(stream: MediaStream): void {
    const audio = new AudioContext();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 2048;
    audio.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.audio = audio;
    this.levels = [];
    this.ticker = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = levelOf(samples);
      if (this.phase !== 'paused') this.levels = [...this.levels, level].slice(-kMostLevels);
      this.silentTicks = level < kSilentLevel ? this.silentTicks + 1 : 0;
      if (this.phase === 'recording') this.ms = this.elapsed();
    }, kLevelMs);
  }

  /** Gives the microphone back. */
  private silence(): void {
    clearInterval(this.ticker);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    void this.audio?.close().catch(() => {});
    this.audio = null;
    void this.wake?.release().catch(() => {});
    this.wake = null;
    this.levels = [];
  }
}

export const recorder = new Recorder();
