// Subtitle files from elsewhere: which format, and in which encoding.

/** What the server takes: of a subtitle file, and of a text to align. Four hours are some 400 kB. */
export const kMostTrackBytes = 16 * 1024 * 1024;
export const kMostTextBytes = 4 * 1024 * 1024;

/** By its first line, else by its name. Null: neither. */
export function trackFormat(name: string, text: string): 'srt' | 'vtt' | null {
  if (/^\uFEFF?WEBVTT(?:[ \t\r\n]|$)/.test(text)) return 'vtt';
  if (/^\uFEFF?\s*(?:\d+\s*\r?\n\s*)?\d+:\d\d:\d\d[,.]\d+\s*-->/.test(text)) return 'srt';
  const extension = /\.(srt|vtt)$/i.exec(name)?.[1]?.toLowerCase();
  return extension === 'srt' || extension === 'vtt' ? extension : null;
}

/** UTF-8 and UTF-16 with a mark; else UTF-8 where it is valid, else what old Chinese and Western files are in. */
export function decodeText(bytes: ArrayBuffer): string {
  const head = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  for (const encoding of ['utf-8', 'gb18030', 'windows-1252']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      // A Western file that happens to be valid GB 18030 has single odd characters; a Chinese one has words.
      if (encoding !== 'gb18030' || /[\u4e00-\u9fff]{2}/.test(text)) return text;
    } catch {
      // Not this one.
    }
  }
  return new TextDecoder('windows-1252').decode(bytes);
}
