import { api, request } from '../api';
import type { Page } from '../types';
import type { Change, Changes, FullChange, Operation, Remote, RevisionItem } from './types';

// What browsers let a page still send while it is being closed.
const kKeepaliveBytes = 60_000;

const path = (transcriptId: string) => `/transcripts/${encodeURIComponent(transcriptId)}`;

export function remoteOf(transcriptId: string): Remote {
  const at = path(transcriptId);
  return {
    read: () => api.getTranscript(transcriptId),
    revise: (base: number, operations: Operation[]) => {
      const json = { base, operations };
      const keepalive = JSON.stringify(json).length * 3 < kKeepaliveBytes;
      return request<Change>('POST', `${at}/revisions`, { json, keepalive });
    },
    undo: (base) => request<Change>('POST', `${at}/undo`, { json: { base } }),
    redo: (base) => request<Change>('POST', `${at}/redo`, { json: { base } }),
    restore: (base, revision) =>
      request<Change>('POST', `${at}/revisions/${revision}/restore`, { json: { base } }),
    changes: (since) => request<Changes>('GET', `${at}/changes`, { query: { since } }),
    change: (number) => request<FullChange>('GET', `${at}/revisions/${number}`),
  };
}

export function listRevisions(transcriptId: string, after: string | null, signal?: AbortSignal) {
  return request<Page<RevisionItem>>('GET', `${path(transcriptId)}/revisions`, {
    query: { limit: 50, after },
    signal,
  });
}

export const deleteTranscript = (transcriptId: string) => request<void>('DELETE', path(transcriptId));
