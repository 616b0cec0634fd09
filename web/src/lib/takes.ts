// What the microphone gives, kept in the browser's own database second by second: closing the page in the middle
// loses at most the running second. A take leaves it when the server has it, or when people throw it away.

import { holdLock, lockedNames } from './locks';

export interface Take {
  id: string;
  /** Epoch, ms. */
  startedAt: number;
  mime: string;
  /** Sound so far, pauses left out. */
  ms: number;
  bytes: number;
}

const kDatabase = 'zimu-takes';
const kLock = 'zimu-take-';

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asking = indexedDB.open(kDatabase, 1);
    asking.onupgradeneeded = () => {
      asking.result.createObjectStore('takes', { keyPath: 'id' });
      asking.result.createObjectStore('chunks'); // [take, number] → Blob
    };
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

async function inTransaction<T>(
  mode: IDBTransactionMode,
  work: (takes: IDBObjectStore, chunks: IDBObjectStore) => IDBRequest<T> | void,
): Promise<T> {
  const transaction = (await database()).transaction(['takes', 'chunks'], mode);
  const asking = work(transaction.objectStore('takes'), transaction.objectStore('chunks'));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asking?.result as T);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

const chunksOf = (id: string) => IDBKeyRange.bound([id, 0], [id, Infinity]);

export const takes = {
  /** A piece and the take as it is with it: both or neither. */
  append: (take: Take, number: number, piece: Blob) =>
    inTransaction<void>('readwrite', (all, chunks) => {
      all.put({ ...take });
      chunks.put(piece, [take.id, number]);
    }),

  list: () => inTransaction<Take[]>('readonly', (all) => all.getAll() as IDBRequest<Take[]>),

  pieces: (id: string) =>
    inTransaction<Blob[]>('readonly', (_all, chunks) => chunks.getAll(chunksOf(id)) as IDBRequest<Blob[]>),

  remove: (id: string) =>
    inTransaction<void>('readwrite', (all, chunks) => {
      all.delete(id);
      chunks.delete(chunksOf(id));
    }),
};

/** Says to the other tabs that this one works on the take. */
export const holdTake = (id: string): (() => void) => holdLock(kLock + id);

/** Takes that no open page works on: what was left when one was closed. */
export async function leftTakes(): Promise<Take[]> {
  const all = await takes.list();
  const locked = await lockedNames();
  return all.filter((take) => !locked.has(kLock + take.id)).sort((a, b) => b.startedAt - a.startedAt);
}
