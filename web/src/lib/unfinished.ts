import { defaultOptions, type PreviousUpload } from 'tus-js-client';
import { lockedNames } from './locks';

/** An upload that ended with its page; the server keeps what it got, for a week. */
export interface Unfinished {
  key: string;
  name: string;
  size: number;
  /** Bytes the server has. */
  offset: number;
  url: string;
}

const kHeaders = { 'Tus-Resumable': '1.0.0' };
const kMostShown = 20;

export const uploadLock = (name: string, size: number): string => `zimu-upload-${size}-${name}`;

/** Those that no open page works on. What the server no longer knows is forgotten. */
export async function unfinishedUploads(): Promise<Unfinished[]> {
  const locked = await lockedNames();
  const stored = (await defaultOptions.urlStorage.findAllUploads())
    .filter((each) => each.uploadUrl && !locked.has(uploadLock(nameOf(each), each.size ?? 0)))
    .slice(0, kMostShown);
  const found = await Promise.all(stored.map(look));
  return found.filter((each) => each !== null);
}

/** Here and at the server. */
export async function forgetUnfinished({ key, url }: Unfinished): Promise<void> {
  await defaultOptions.urlStorage.removeUpload(key);
  // Where this does not arrive, the server's own time for it runs out.
  await fetch(url, { method: 'DELETE', headers: kHeaders }).catch(() => {});
}

const nameOf = (each: PreviousUpload) => each.metadata.filename ?? '';

async function look(each: PreviousUpload): Promise<Unfinished | null> {
  const url = each.uploadUrl!;
  let answer: Response;
  try {
    answer = await fetch(url, { method: 'HEAD', headers: kHeaders });
  } catch {
    return null; // The server cannot be reached: asked again at the next visit.
  }
  const offset = Number(answer.headers.get('Upload-Offset'));
  const size = each.size ?? 0;
  const key = each.urlStorageKey;
  if (answer.ok && offset < size) return { key, name: nameOf(each), size, offset, url };
  if (answer.ok || answer.status === 404 || answer.status === 410) {
    await defaultOptions.urlStorage.removeUpload(key);
  }
  return null;
}
