import type { Job, Media, Segment, TranscriptHeader, Word } from '$lib/types';

export const word = (text: string, start_ms: number): Word => ({
  text,
  start_ms,
  end_ms: start_ms + 90,
  probability: 0.9,
});

export const segment = (index: number, text: string): Segment => ({
  index,
  text,
  start_ms: index * 1000,
  end_ms: index * 1000 + 900,
  speaker: '',
  words: [],
  avg_logprob: -0.2,
  compression_ratio: 1.2,
  no_speech_prob: 0.01,
  temperature: 0,
});

export const at = (second: number): string => new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString();

export const job = (id: string, changes: Partial<Job> = {}): Job => ({
  id,
  media_id: 'm1',
  transcript_id: 't1',
  state: 'running',
  options: {
    model: 'base',
    language: 'auto',
    task: 'transcribe',
    words: false,
    prompt: '',
    device: 'auto',
    threads: 0,
    audio_stream: -1,
    temperature: 0,
  },
  stage: 'transcribing',
  progress: 0.5,
  speed: 4,
  eta_ms: 1000,
  processed_ms: 500,
  duration_ms: 1000,
  device: 'cpu',
  attempts: 1,
  priority: 0,
  failure: null,
  created_at: at(0),
  updated_at: at(0),
  started_at: at(0),
  finished_at: null,
  ...changes,
});

export const media = (id: string, changes: Partial<Media> = {}): Media => ({
  id,
  title: id,
  file_name: `${id}.mp3`,
  content_type: 'audio/mpeg',
  size_bytes: 1000,
  sha256: '',
  state: 'ready',
  problem: '',
  duration_ms: 1000,
  start_offset_ms: 0,
  has_video: false,
  format: 'mp3',
  streams: [],
  source: 'upload',
  created_at: at(0),
  updated_at: at(0),
  transcripts: [],
  job: null,
  ...changes,
});

export const header = (id: string, changes: Partial<TranscriptHeader> = {}): TranscriptHeader => ({
  id,
  media_id: 'm1',
  job_id: 'j1',
  title: id,
  model: 'base',
  task: 'transcribe',
  language: 'en',
  language_probability: 0.98,
  duration_ms: 1000,
  complete: false,
  created_at: at(0),
  updated_at: at(0),
  ...changes,
});
