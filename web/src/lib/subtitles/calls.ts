import { request, withQuery } from '../api';
import type { Page, TranscriptHeader } from '../types';
import type { CaptionCheck, PresetCue, RenderJob, RenderOptions } from './types';
import type { RuleChoice } from './rules';
import { ruleFields } from './rules';
import type { Peaks } from './wave';

const id = encodeURIComponent;

export type Scope = 'segments' | 'preset';

export const checkCaptions = (transcriptId: string, choice: RuleChoice, scope: Scope, signal: AbortSignal) =>
  request<CaptionCheck>('GET', `/transcripts/${id(transcriptId)}/check`, {
    query: { cues: scope, ...ruleFields(choice) },
    signal,
  });

/** The cues that an export with these rules has. */
export const presetCues = async (transcriptId: string, choice: RuleChoice, signal: AbortSignal) => {
  const query = { format: 'json', ...ruleFields(choice) };
  const path = `/transcripts/${id(transcriptId)}/export`;
  return (await request<{ segments: PresetCue[] }>('GET', path, { query, signal })).segments;
};

export const waveSpan = (
  mediaId: string,
  points: number,
  span: { start_ms?: number; end_ms?: number },
  signal: AbortSignal,
) => request<Peaks>('GET', `/media/${id(mediaId)}/waveform`, { query: { points, ...span }, signal });

/** `choice` null: every segment is a cue. */
export function exportAddress(
  transcriptId: string,
  format: string,
  words: boolean,
  choice: RuleChoice | null,
): string {
  return withQuery(`/api/v1/transcripts/${id(transcriptId)}/export`, {
    format,
    words: words ? 1 : undefined,
    download: 1,
    ...(choice ? ruleFields(choice) : {}),
  });
}

// Tracks: transcripts that are brought in, renamed and removed.

export const importTrack = (
  mediaId: string,
  format: 'srt' | 'vtt',
  text: string,
  about: { title: string; language: string },
) =>
  request<TranscriptHeader>('POST', `/media/${id(mediaId)}/transcripts`, {
    query: { format, ...about },
    text,
  });

/** The text laid on the word times of a transcript, as a new one. */
export const alignText = (transcriptId: string, text: string, title: string) =>
  request<TranscriptHeader>('POST', `/transcripts/${id(transcriptId)}/align`, { query: { title }, text });

export const renameTrack = (transcriptId: string, title: string) =>
  request<TranscriptHeader>('PATCH', `/transcripts/${id(transcriptId)}`, { json: { title } });

export const removeTrack = (transcriptId: string) =>
  request<void>('DELETE', `/transcripts/${id(transcriptId)}`);

// Films with subtitles.

export const listRenders = (mediaId: string, signal: AbortSignal) =>
  request<Page<RenderJob>>('GET', '/jobs', {
    query: { media_id: mediaId, kind: 'render', limit: 50 },
    signal,
  });

export const startRender = (transcriptId: string, render: RenderOptions) =>
  request<RenderJob>('POST', '/jobs', { json: { kind: 'render', transcript_id: transcriptId, render } });

export const removeJob = (jobId: string) => request<void>('DELETE', `/jobs/${id(jobId)}`);

export const resultAddress = (jobId: string): string => `/api/v1/jobs/${id(jobId)}/result`;
