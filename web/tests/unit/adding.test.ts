import { describe, expect, it } from 'vitest';
import { filesFrom, filesOfFolder, kMostFiles, looksLikeMedia } from '$lib/drop';
import { extensionOf, levelOf, microphoneProblem, recordingKind, takeName } from '$lib/microphone';

const file = (name: string, type = '') => new File(['x'], name, { type });

/** As browsers hand out folders: in batches, and an empty one at the end. */
function folder(name: string, entries: object[], broken = false): object {
  return {
    name,
    isDirectory: true,
    createReader: () => {
      const left = [...entries];
      return {
        readEntries: (good: (batch: object[]) => void, bad: () => void) =>
          broken ? bad() : good(left.splice(0, 100)),
      };
    },
  };
}
const entry = (name: string, readable = true) => ({
  name,
  isDirectory: false,
  file: (good: (file: File) => void, bad: () => void) => (readable ? good(file(name)) : bad()),
});
const dropped = (...entries: object[]) =>
  ({
    items: entries.map((each) => ({
      kind: 'file',
      webkitGetAsEntry: () => each,
      getAsFile: () =>
        'isDirectory' in each && each.isDirectory ? null : file((each as { name: string }).name),
    })),
  }) as unknown as DataTransfer;

describe('a dropped folder', () => {
  it('gives its recordings, from all depths, and counts the rest', async () => {
    const many = Array.from({ length: 230 }, (_, i) => entry(`${i}.mp3`));
    const deep = folder('deep', [entry('talk.MKV'), entry('notes.txt'), entry('._talk.mp3')]);
    const found = await filesFrom(dropped(folder('all', [...many, deep, entry('gone.wav', false)])));
    expect(found.files).toHaveLength(231);
    expect(found).toMatchObject({ ignored: 2, unread: 1, cut: false });
  });

  it('is cut where there are too many', async () => {
    const many = Array.from({ length: kMostFiles + 3 }, (_, i) => entry(`${i}.mp3`));
    const found = await filesFrom(dropped(folder('all', many)));
    expect(found.files).toHaveLength(kMostFiles);
    expect(found.cut).toBe(true);
  });

  it('says when it cannot be read', async () => {
    expect(await filesFrom(dropped(folder('locked', [], true)))).toMatchObject({ files: [], unread: 1 });
  });

  it('is no judge of a single file', async () => {
    expect((await filesFrom(dropped(entry('strange.bin')))).files).toHaveLength(1);
    expect(filesOfFolder([file('strange.bin'), file('a.opus')])).toMatchObject({ ignored: 1, cut: false });
    expect(looksLikeMedia(file('x', 'video/x-unknown'))).toBe(true);
  });
});

describe('the microphone', () => {
  it('records what the browser can', () => {
    expect(recordingKind(() => true)).toBe('audio/webm;codecs=opus');
    expect(recordingKind((mime) => mime === 'audio/mp4')).toBe('audio/mp4');
    expect(recordingKind(() => false)).toBe('');
    expect(extensionOf('audio/mp4;codecs=mp4a.40.2')).toBe('m4a');
    expect(extensionOf('audio/ogg;codecs=opus')).toBe('ogg');
    expect(extensionOf('')).toBe('webm');
    const at = new Date(2026, 10, 5, 8, 4, 9).getTime();
    expect(takeName(at, 'audio/webm', 'Recording')).toBe('Recording 2026-11-05 08.04.09.webm');
  });

  it('shows silence as nothing and full sound as full', () => {
    expect(levelOf(new Float32Array(64))).toBe(0);
    expect(levelOf(new Float32Array(64).fill(1))).toBe(1);
    expect(levelOf(new Float32Array(64).fill(0.001))).toBeCloseTo(0, 5);
    const quiet = levelOf(new Float32Array(64).fill(0.03));
    expect(quiet).toBeGreaterThan(0.4);
    expect(quiet).toBeLessThan(0.6);
  });

  it('names what went wrong', () => {
    expect(microphoneProblem(new DOMException('', 'NotAllowedError'))).toBe('mic.denied');
    expect(microphoneProblem(new DOMException('', 'NotFoundError'))).toBe('mic.none');
    expect(microphoneProblem(new DOMException('', 'NotReadableError'))).toBe('mic.busy');
    expect(microphoneProblem(null)).toBe('mic.failed');
  });
});
