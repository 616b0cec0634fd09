import { ApiError, api } from '../api';
import { isAbort } from '../errors';
import { isRemoved } from '../events';
import { rowOf, type Row } from '../edit/rows';
import { isActive, newerFirst, newestJob, putSegment, upsertTranscript } from '../reduce';
import type { Coverage, Job, Media, Segment, TranscriptHeader, Waveform } from '../types';
import { Editor } from './editor.svelte';
import { session } from './session.svelte';

const kWaveformPoints = 2_000;

/** One recording with the transcript on show: its lines come from the job while it writes, from the editor after. */
export class Recording {
  readonly id: string;
  media = $state.raw<Media | null>(null);
  error = $state.raw<unknown>(null);
  waveform = $state.raw<Waveform | null>(null);
  transcripts = $state.raw<TranscriptHeader[]>([]);
  jobs = $state.raw<Job[]>([]);
  /** What is on show; empty: the recording has no transcript yet. */
  transcriptId = $state('');
  header = $state.raw<TranscriptHeader | null>(null);
  /** Of the transcript on show, as it was made; null: not measured. */
  coverage = $state.raw<Coverage | null>(null);
  /** Null while the job still writes: then nobody else may. */
  editor = $state.raw<Editor | null>(null);
  /** The transcript on show has been read from the server. */
  loaded = $state(false);
  transcriptError = $state.raw<unknown>(null);

  readonly job = $derived(this.jobs.find((job) => job.transcript_id === this.transcriptId) ?? null);
  readonly live = $derived(isActive(this.job));
  private written = $state.raw<Row[]>([]);
  /** The lines, sorted by start. Never changed in place. */
  readonly rows: readonly Row[] = $derived(this.editor ? this.editor.rows : this.written);
  readonly segments: readonly Segment[] = $derived(this.rows.map((row) => row.segment));
  readonly count = $derived(this.rows.length);
  readonly missing = $derived(this.error instanceof ApiError && this.error.status === 404);

  private early: Segment[] = [];
  private abort = new AbortController();
  private reading: AbortController | null = null;

  /** `preferred`: the transcript to show first, where it still exists. */
  constructor(
    id: string,
    private preferred = '',
  ) {
    this.id = id;
  }

  start(): () => void {
    const { stream } = session;
    const offs = [
      stream.on('media', (data) => {
        if (data.id !== this.id) return;
        if (isRemoved(data)) this.error = new ApiError(404, 'not_found', '');
        else this.takeMedia(data);
      }),
      stream.on('job', (data) => {
        if (isRemoved(data)) this.jobs = this.jobs.filter((job) => job.id !== data.id);
        else if (data.media_id === this.id) this.takeJob(data);
      }),
      stream.on('transcript', (data) => {
        if (isRemoved(data)) this.transcripts = this.transcripts.filter((item) => item.id !== data.id);
        else if (data.media_id === this.id && data.origin !== 'draft') this.takeHeader(data);
      }),
      stream.on('segment', (data) => {
        if (data.transcript_id !== this.transcriptId) return;
        if (this.loaded) this.put(data.segment);
        else this.early.push(data.segment);
      }),
    ];
    return () => {
      offs.forEach((off) => off());
      this.abort.abort();
      this.reading?.abort();
      this.editor?.close();
    };
  }

  async load(): Promise<void> {
    try {
      const { signal } = this.abort;
      const [media, jobs] = await Promise.all([
        api.getMedia(this.id, signal),
        api.listJobs({ media_id: this.id, limit: 100 }, signal),
      ]);
      this.jobs = jobs.items.filter((job) => !job.span && (job.kind ?? 'transcribe') === 'transcribe');
      this.transcripts = [...media.transcripts].sort(newerFirst);
      const wanted = this.transcriptId || this.bestTranscript();
      const shown = wanted ? this.show(wanted, true) : null;
      this.takeMedia(media);
      this.error = null;
      await shown;
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    }
  }

  /** Reads a transcript and shows it. */
  async show(transcriptId: string, again = false): Promise<void> {
    if (transcriptId === this.transcriptId && !again) return;
    this.reading?.abort();
    const reading = (this.reading = new AbortController());
    if (transcriptId !== this.transcriptId) {
      this.transcriptId = transcriptId;
      this.header = this.transcripts.find((item) => item.id === transcriptId) ?? null;
      this.take(null, []);
      this.coverage = null;
      this.loaded = false;
    }
    try {
      const transcript = await api.getTranscript(transcriptId, reading.signal);
      if (reading.signal.aborted) return;
      const { segments, coverage, undo: _undo, redo: _redo, ...header } = transcript;
      this.header = header;
      // While it is being written a part would pass for all of it.
      this.coverage = this.live ? null : (coverage ?? null);
      if (this.live) {
        const list = [...segments];
        this.early.forEach((segment) => putSegment(list, segment));
        this.take(
          null,
          list.map((segment) => rowOf(`w.${segment.index}`, segment)),
        );
      } else {
        const editor = this.editor ?? new Editor(transcriptId);
        await editor.open(transcript);
        if (reading.signal.aborted) return this.editor === editor ? undefined : editor.close();
        this.take(editor, []);
      }
      this.early = [];
      this.loaded = true;
      this.transcriptError = null;
    } catch (error) {
      if (isAbort(error)) return;
      // A job that has only just begun may not have written anything yet.
      if (error instanceof ApiError && error.status === 404 && this.live) this.loaded = true;
      else this.transcriptError = error;
    }
  }

  takeJob(job: Job): void {
    if (job.span || (job.kind ?? 'transcribe') !== 'transcribe') return;
    const known = this.jobs.find((item) => item.id === job.id);
    this.jobs = known
      ? this.jobs.map((item) => (item === known ? (newestJob(known, job) ?? job) : item))
      : [job, ...this.jobs];
    // A transcription that was just asked for is what one wants to see.
    const began = job.transcript_id !== '' && !known?.transcript_id;
    if (began || (!this.transcriptId && job.transcript_id)) void this.show(job.transcript_id);
    // It writes again, from where it stopped.
    else if (isActive(job) && !isActive(known) && job.transcript_id === this.transcriptId) {
      void this.show(job.transcript_id, true);
    }
    // The final word on every line.
    else if (isActive(known) && !isActive(job) && job.transcript_id === this.transcriptId) {
      void this.show(job.transcript_id, true);
    }
  }

  takeMedia(media: Media): void {
    const wasReady = this.media?.state === 'ready';
    this.media = media;
    this.transcripts = [...media.transcripts].sort(newerFirst);
    if (media.job) this.takeJob(media.job);
    if (media.state === 'ready' && (!wasReady || !this.waveform)) void this.loadWaveform();
  }

  private takeHeader(header: TranscriptHeader): void {
    this.transcripts = upsertTranscript(this.transcripts, header);
    if (header.id !== this.transcriptId) return;
    const finished = header.complete && !this.header?.complete;
    this.header = header;
    this.editor?.queue.note(header.revision);
    if (finished) void this.show(header.id, true); // The final word on every line.
  }

  private bestTranscript(): string {
    if (this.transcripts.some((item) => item.id === this.preferred)) return this.preferred;
    const running = this.jobs.find((job) => isActive(job) && job.transcript_id);
    if (running) return running.transcript_id;
    return (this.transcripts.find((item) => item.complete) ?? this.transcripts[0])?.id ?? '';
  }

  private async loadWaveform(): Promise<void> {
    try {
      this.waveform = await api.waveform(this.id, kWaveformPoints, this.abort.signal);
    } catch {
      // Without it the strip is a plain line, and still seeks.
    }
  }

  private put(segment: Segment): void {
    if (this.editor) return;
    const rows = [...this.written];
    let at = rows.length;
    while (at > 0 && rows[at - 1]!.segment.index >= segment.index) at -= 1;
    rows.splice(at, rows[at]?.segment.index === segment.index ? 1 : 0, rowOf(`w.${segment.index}`, segment));
    this.written = rows;
  }

  private take(editor: Editor | null, written: Row[]): void {
    if (this.editor !== editor) this.editor?.close();
    this.editor = editor;
    this.written = written;
  }
}
