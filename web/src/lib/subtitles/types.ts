// What the server sends about subtitles. Media times are integer milliseconds.
import type { Job } from '../types';
import type { Style } from './style';

export interface CaptionRules {
  line_chars: number;
  lines: number;
  cps: number;
  shortest_ms: number;
  longest_ms: number;
  gap_ms: number;
  /** A character is a full-width one; a narrow one is half. */
  wide: boolean;
}

export interface CaptionViolation {
  /** Position of the cue among those that were checked. */
  cue: number;
  rule: string;
  value: number;
  limit: number;
  start_ms: number;
  end_ms: number;
  text: string;
}

export interface CaptionCheck {
  preset: string;
  rules: CaptionRules;
  cues: number;
  violations: CaptionViolation[];
}

/** A cue of the transcript cut anew: of the export as JSON, what is used here. */
export interface PresetCue {
  start_ms: number;
  end_ms: number;
  text: string;
  speaker: string;
}

export interface RenderOptions {
  mode: 'burn' | 'mux';
  container: 'mp4' | 'mkv';
  /** Null: the transcript's segments are the cues. */
  preset: string | null;
  style: Style | null;
}

/** A finished film. */
export interface RenderResult {
  file_name: string;
  size_bytes: number;
  content_type: string;
}

/** A job that makes one. */
export interface RenderJob extends Job {
  kind: 'render';
  render: RenderOptions;
  result: RenderResult | null;
}

export const isRender = (job: object): job is RenderJob => 'kind' in job && job.kind === 'render';
