import type { Key } from './i18n/types';

// The parts of recording that need no microphone.

/** Best first: Opus in WebM, then Ogg; Safari makes AAC in MP4. */
const kKinds = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4', 'audio/webm'];
const kQuietestDb = -60;

/** Empty: the browser shall choose. */
export function recordingKind(supports: (mime: string) => boolean): string {
  return kKinds.find(supports) ?? '';
}

export function extensionOf(mime: string): string {
  const type = mime.split(';')[0]!.trim().toLowerCase();
  if (type === 'audio/mp4') return 'm4a';
  if (type === 'audio/ogg') return 'ogg';
  return 'webm';
}

/** "Recording 2026-11-25 18.05.09.webm": sorts by time, and no file system minds it. */
export function takeName(startedAt: number, mime: string, word: string): string {
  const when = new Date(startedAt);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const time = `${two(when.getHours())}.${two(when.getMinutes())}.${two(when.getSeconds())}`;
  return `${word} ${day} ${time}.${extensionOf(mime)}`;
}

/** 0..1 on a scale of decibels, as ears hear it; `samples` are -1..1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return 0;
  const db = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, 1 - db / kQuietestDb));
}

/** The sentence for what getUserMedia failed with. */
export function microphoneProblem(error: unknown): Key {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'mic.denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'mic.none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'mic.busy';
  return 'mic.failed';
}
