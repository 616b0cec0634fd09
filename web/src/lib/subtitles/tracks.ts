import { upsertTranscript } from '../reduce';
import type { Recording } from '../state/recording.svelte';
import type { TranscriptHeader } from '../types';

/** A transcript that was made or renamed here; the event that says the same may come later. */
export function takeTrack(recording: Recording, header: TranscriptHeader): void {
  recording.transcripts = upsertTranscript(recording.transcripts, header);
  if (recording.header?.id === header.id) recording.header = { ...recording.header, title: header.title };
}

/** It is gone: another one is shown. */
export function dropTrack(recording: Recording, id: string): void {
  recording.transcripts = recording.transcripts.filter((item) => item.id !== id);
  if (recording.transcriptId !== id) return;
  const next = recording.transcripts.find((item) => item.complete) ?? recording.transcripts[0];
  if (next) void recording.show(next.id);
  else {
    recording.transcriptId = '';
    recording.header = null;
    void recording.load();
  }
}
