import type {
  Job,
  JobRequest,
  Media,
  ModelPull,
  Models,
  Page,
  SearchPage,
  System,
  TagCount,
  Transcript,
  TranscriptHeader,
  Waveform,
} from './types';

export const kUploadsPath = '/api/v1/uploads';
export const kEventsPath = '/api/v1/events';
const kBase = '/api/v1';

/** A request that did not succeed: the server's problem document, or `network` when none came back. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly action = '',
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get is_network(): boolean {
    return this.code === 'network';
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

interface RequestOptions {
  query?: Query;
  json?: unknown;
  /** A body that is not JSON, as plain text. */
  text?: string;
  signal?: AbortSignal;
  keepalive?: boolean;
}

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/** Reads a problem+json document; anything else (a proxy's HTML page) becomes a plain status line. */
export function problemFrom(status: number, body: string): ApiError {
  try {
    const problem = JSON.parse(body) as Record<string, unknown>;
    const text = (key: string) => (typeof problem[key] === 'string' ? (problem[key] as string) : '');
    const message = text('detail') || text('title');
    if (message) return new ApiError(status, text('code') || 'http', message, text('action'));
  } catch {
    // Not JSON: fall through to the status line.
  }
  return new ApiError(status, 'http', `The server answered ${status}.`);
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.json !== undefined) headers['Content-Type'] = 'application/json';
  if (options.text !== undefined) headers['Content-Type'] = 'text/plain; charset=utf-8';
  let response: Response;
  try {
    response = await fetch(withQuery(kBase + path, options.query), {
      method,
      headers,
      body: options.json === undefined ? options.text : JSON.stringify(options.json),
      signal: options.signal,
      keepalive: options.keepalive,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'network', 'The server cannot be reached.');
  }
  const body = await response.text();
  if (!response.ok) throw problemFrom(response.status, body);
  return (body ? JSON.parse(body) : undefined) as T;
}

const id = encodeURIComponent;

export const api = {
  listMedia: (query: Query & { limit?: number; after?: string } = {}, signal?: AbortSignal) =>
    request<Page<Media>>('GET', '/media', { query, signal }),
  getMedia: (mediaId: string, signal?: AbortSignal) =>
    request<Media>('GET', `/media/${id(mediaId)}`, { signal }),
  addUrl: (url: string) => request<Media>('POST', '/media', { json: { url } }),
  renameMedia: (mediaId: string, title: string) =>
    request<Media>('PATCH', `/media/${id(mediaId)}`, { json: { title } }),
  tagMedia: (mediaId: string, tags: readonly string[]) =>
    request<Media>('PATCH', `/media/${id(mediaId)}`, { json: { tags } }),
  tags: () => request<{ items: TagCount[] }>('GET', '/tags'),
  deleteMedia: (mediaId: string, keepalive = false) =>
    request<void>('DELETE', `/media/${id(mediaId)}`, { keepalive }),
  waveform: (mediaId: string, points: number, signal?: AbortSignal) =>
    request<Waveform>('GET', `/media/${id(mediaId)}/waveform`, { query: { points }, signal }),

  createJob: (job: JobRequest) => request<Job>('POST', '/jobs', { json: job }),
  getJob: (jobId: string) => request<Job>('GET', `/jobs/${id(jobId)}`),
  cancelJob: (jobId: string) => request<Job>('POST', `/jobs/${id(jobId)}/cancel`),
  pauseJob: (jobId: string) => request<Job>('POST', `/jobs/${id(jobId)}/pause`),
  resumeJob: (jobId: string) => request<Job>('POST', `/jobs/${id(jobId)}/resume`),
  setPriority: (jobId: string, priority: number) =>
    request<Job>('POST', `/jobs/${id(jobId)}/priority`, { json: { priority } }),
  retryJob: (jobId: string) => request<Job>('POST', `/jobs/${id(jobId)}/retry`),
  listJobs: (query: { media_id?: string; state?: string; limit?: number } = {}, signal?: AbortSignal) =>
    request<Page<Job>>('GET', '/jobs', { query, signal }),

  listTranscripts: (mediaId: string, signal?: AbortSignal) =>
    request<Page<TranscriptHeader>>('GET', '/transcripts', { query: { media_id: mediaId }, signal }),
  getTranscript: (transcriptId: string, signal?: AbortSignal) =>
    request<Transcript>('GET', `/transcripts/${id(transcriptId)}`, { signal }),

  search: (query: { q: string; limit?: number; cursor?: string | null }, signal?: AbortSignal) =>
    request<SearchPage>('GET', '/search', { query, signal }),

  models: () => request<Models>('GET', '/models'),
  pullModel: (name: string) => request<ModelPull>('POST', `/models/${id(name)}/pull`),
  cancelPull: (name: string) => request<void>('DELETE', `/models/${id(name)}/pull`),
  removeModel: (name: string) => request<{ name: string; warning: string }>('DELETE', `/models/${id(name)}`),
  system: () => request<System>('GET', '/system'),
};

export function contentUrl(mediaId: string, download = false): string {
  return withQuery(`${kBase}/media/${id(mediaId)}/content`, { download: download ? 1 : undefined });
}

export function posterUrl(mediaId: string): string {
  return `${kBase}/media/${id(mediaId)}/poster`;
}

export function archiveUrl(mediaIds: readonly string[], formats: readonly string[]): string {
  return withQuery(`${kBase}/archive`, { media_ids: mediaIds.join(','), formats: formats.join(',') });
}

export function exportUrl(transcriptId: string, format: string, words: boolean): string {
  return withQuery(`${kBase}/transcripts/${id(transcriptId)}/export`, {
    format,
    words: words ? 1 : undefined,
    download: 1,
  });
}
