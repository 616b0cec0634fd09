// The shapes of /api/v1, as the server sends them. Media times are integer milliseconds, wall times RFC 3339 UTC.

export type MediaState = 'inspecting' | 'ready' | 'unreadable';
export type JobState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';
export type Task = 'transcribe' | 'translate';

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Stream {
  index: number;
  kind: string;
  codec: string;
  language: string;
  channels: number;
  sample_rate_hz: number;
  width: number;
  height: number;
  is_default: boolean;
}

export interface JobOptions {
  model: string;
  language: string;
  task: Task;
  words: boolean;
  prompt: string;
  device: string;
  threads: number;
  audio_stream: number;
  temperature: number;
  /** 5: thorough, 1: fast. */
  beam_size: number;
  /** That `auto` chooses among; empty: all. */
  languages: string[];
}

export interface JobFailure {
  code: string;
  message: string;
  action: string;
  retryable: boolean;
}

export interface JobSpan {
  transcript_id: string;
  start_ms: number;
  end_ms: number;
}

export interface Job {
  id: string;
  media_id: string;
  transcript_id: string;
  state: JobState;
  options: JobOptions;
  kind?: 'transcribe' | 'render';
  /** Of a part of a transcript done again; its own transcript is then a draft. */
  span?: JobSpan | null;
  stage: string;
  progress: number;
  speed: number;
  eta_ms: number | null;
  processed_ms: number;
  duration_ms: number;
  device: string;
  attempts: number;
  priority: number;
  failure: JobFailure | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface TranscriptHeader {
  id: string;
  media_id: string;
  job_id: string;
  title: string;
  model: string;
  task: Task;
  language: string;
  language_probability: number;
  duration_ms: number;
  complete: boolean;
  created_at: string;
  updated_at: string;
  /** Number of the last edit; 0: as it was made. */
  revision: number;
  origin: 'job' | 'import' | 'align' | 'draft';
  /** Of a draft: the transcript that it is a part of, done again. */
  parent_id: string | null;
}

export interface Word {
  start_ms: number;
  end_ms: number;
  text: string;
  probability: number;
}

export interface Segment {
  index: number;
  start_ms: number;
  end_ms: number;
  text: string;
  speaker: string;
  words: Word[];
  avg_logprob: number;
  compression_ratio: number;
  no_speech_prob: number;
  temperature: number;
}

export interface Stretch {
  start_ms: number;
  end_ms: number;
}

/** Text that was decoded and left out of the lines. */
export interface LeftOut extends Stretch {
  reason: string;
  text: string;
}

/** Sound without text is named from this length on. */
export const kLeastGapMs = 1_000;

/** What of the sound had text when the transcript was made. */
export interface Coverage {
  audible_ms: number;
  covered_ms: number;
  share: number;
  gaps: Stretch[];
  left_out: LeftOut[];
}

export interface Transcript extends TranscriptHeader {
  segments: Segment[];
  /** Null, or absent from an older server: not measured. */
  coverage?: Coverage | null;
  /** The revision that an undo would take back, and that a redo would do again. */
  undo: number | null;
  redo: number | null;
}

/** From `start` to before `end`, in code points. */
export interface Mark {
  start: number;
  end: number;
}

export interface SearchHit {
  media_id: string;
  media_title: string;
  transcript_id: string;
  segment_index: number;
  start_ms: number;
  end_ms: number;
  language: string;
  snippet: string;
  marks: Mark[];
}

export interface SearchPage extends Page<SearchHit> {
  total: number;
  /** False: there may be more than `total`. */
  complete: boolean;
}

export interface Media {
  id: string;
  title: string;
  file_name: string;
  content_type: string;
  size_bytes: number;
  sha256: string;
  state: MediaState;
  problem: string;
  duration_ms: number;
  start_offset_ms: number;
  has_video: boolean;
  format: string;
  streams: Stream[];
  source: string;
  tags: string[];
  /** The oldest recording with the same bytes, when this is not it. */
  duplicate_of: string | null;
  has_poster: boolean;
  created_at: string;
  updated_at: string;
  transcripts: TranscriptHeader[];
  job: Job | null;
}

export interface TagCount {
  tag: string;
  count: number;
}

export interface Waveform {
  bucket_ms: number;
  peaks: number[];
}

export interface Model {
  name: string;
  size_bytes: number;
  multilingual: boolean;
  default: boolean;
  in_use: boolean;
}

export type PullState = 'available' | 'waiting' | 'pulling' | 'failed' | 'installed';

export interface ModelPull {
  name: string;
  state: PullState;
  /** 0..1 over all steps. */
  progress: number;
  done_bytes: number;
  total_bytes: number | null;
  failure: { code: string; message: string; action: string } | null;
}

export interface PullableModel extends ModelPull {
  multilingual: boolean;
  size_bytes: number | null;
}

export interface Models {
  items: Model[];
  default: string;
  offline: boolean;
  pullable: PullableModel[];
}

export interface SystemFinding {
  /** Names the cause, for translations: "data.read_only". */
  code: string;
  verdict: string;
  text: string;
  fix: string;
}

export interface SystemCheck {
  name: string;
  verdict: string;
  /** What was seen, without the causes. */
  seen: string;
  findings: SystemFinding[];
}

export interface WorkerInfo {
  kind: string;
  pid: number;
  job_id: string;
  engine: string;
  device: string;
  model: string;
  memory_bytes: number;
}

export interface Storage {
  database_bytes: number;
  uploads_bytes: number;
  models_bytes: number;
  free_bytes: number;
}

export interface ExportFormat {
  name: string;
  extension: string;
  content_type: string;
}

export interface Language {
  code: string;
  name: string;
}

export interface System {
  version: string;
  default_model: string;
  max_upload_bytes: number;
  status: string;
  checks: SystemCheck[];
  workers: WorkerInfo[];
  storage: Storage;
  formats: ExportFormat[];
  languages: Language[];
}

/** What POST /api/v1/jobs takes; fields left out are the server's defaults. */
export interface JobRequest {
  media_id: string;
  model?: string;
  language?: string;
  task?: Task;
  words?: boolean;
  prompt?: string;
  beam_size?: number;
  /** Only this part, as a draft of that transcript. */
  span?: JobSpan;
}
