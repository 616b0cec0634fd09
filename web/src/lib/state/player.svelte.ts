import { untrack } from 'svelte';
import { settings } from './settings.svelte';

export const kRates = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** One <audio> or <video> element, seen as state. Times are milliseconds. */
export class Player {
  time = $state(0);
  duration = $state(0);
  playing = $state(false);
  waiting = $state(false);
  muted = $state(false);
  failed = $state(false);
  /** A film that this browser can show in a small window above others. */
  canFloat = $state(false);
  floating = $state(false);
  private element: HTMLMediaElement | null = null;
  private frame = 0;
  /** A seek asked for before the element could do it. */
  private pending: number | null = null;
  /** It played when its element left the page: the next one plays on. */
  private going = false;

  /** For {@attach}: takes the element over for as long as it is on the page. Another one later goes on where it was. */
  attach = (element: HTMLMediaElement): (() => void) => untrack(() => this.take(element));

  private take(element: HTMLMediaElement): () => void {
    this.element = element;
    if (this.time > 0) this.pending = this.time;
    const off = new AbortController();
    const on = (name: string, run: () => void) => element.addEventListener(name, run, { signal: off.signal });
    on('play', () => {
      this.playing = true;
      this.tick();
    });
    on('pause', () => this.stopped());
    on('ended', () => this.stopped());
    on('waiting', () => (this.waiting = true));
    on('playing', () => (this.waiting = false));
    on('canplay', () => (this.waiting = false));
    on('seeking', () => this.read());
    on('timeupdate', () => this.read());
    on('durationchange', () => this.readDuration());
    on('loadedmetadata', () => this.ready());
    on('volumechange', () => {
      this.muted = element.muted;
      settings.volume = element.volume;
    });
    on('ratechange', () => (settings.rate = element.playbackRate));
    on('error', () => (this.failed = element.error !== null));
    on('enterpictureinpicture', () => (this.floating = true));
    on('leavepictureinpicture', () => (this.floating = false));
    this.canFloat = element instanceof HTMLVideoElement && document.pictureInPictureEnabled === true;
    element.volume = settings.volume;
    element.playbackRate = element.defaultPlaybackRate = settings.rate;
    return () => {
      off.abort();
      cancelAnimationFrame(this.frame);
      this.going = this.playing;
      this.playing = this.waiting = this.canFloat = this.floating = false;
      element.pause();
      element.removeAttribute('src');
      element.load(); // Closes the connection that still streams.
      if (this.element === element) this.element = null;
    };
  }

  toggle(): void {
    if (this.playing) this.element?.pause();
    else this.play();
  }

  /** Picture in picture, on and off. Refused where the film is not there yet. */
  async float(): Promise<boolean> {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else if (this.element instanceof HTMLVideoElement) await this.element.requestPictureInPicture();
      return true;
    } catch {
      return false;
    }
  }

  play(): void {
    // Refused only without a click or for a broken file; both show otherwise.
    void this.element?.play().catch(() => {});
  }

  seek(ms: number): void {
    const end = this.duration > 0 ? this.duration : ms;
    const target = Math.min(Math.max(0, ms), end);
    this.time = target;
    if (this.element && this.element.readyState >= 1) this.element.currentTime = target / 1000;
    else this.pending = target;
  }

  skip(ms: number): void {
    this.seek(this.time + ms);
  }

  setRate(rate: number): void {
    if (!this.element) return;
    this.element.defaultPlaybackRate = rate;
    this.element.playbackRate = rate;
  }

  changeRate(steps: number): void {
    const now = this.element?.playbackRate ?? 1;
    const at = kRates.reduce(
      (best, rate, i) => (Math.abs(rate - now) < Math.abs(kRates[best]! - now) ? i : best),
      0,
    );
    this.setRate(kRates[Math.min(kRates.length - 1, Math.max(0, at + steps))]!);
  }

  setVolume(volume: number): void {
    if (!this.element) return;
    this.element.volume = volume;
    this.element.muted = volume === 0;
  }

  toggleMute(): void {
    if (this.element) this.element.muted = !this.element.muted;
  }

  private ready(): void {
    this.failed = false;
    this.readDuration();
    if (this.pending !== null && this.element) this.element.currentTime = this.pending / 1000;
    this.pending = null;
    if (this.going) this.play();
    this.going = false;
  }

  private readDuration(): void {
    const seconds = this.element?.duration ?? 0;
    if (Number.isFinite(seconds) && seconds > 0) this.duration = seconds * 1000;
  }

  private read(): void {
    if (this.element && this.pending === null) this.time = this.element.currentTime * 1000;
  }

  private stopped(): void {
    this.playing = false;
    this.waiting = false;
    cancelAnimationFrame(this.frame);
    this.read();
  }

  private tick = (): void => {
    this.read();
    cancelAnimationFrame(this.frame);
    if (this.playing) this.frame = requestAnimationFrame(this.tick);
  };
}
