import type { Row } from '../edit/rows';
import type { Operation } from '../edit/types';
import type { Recording } from './recording.svelte';
import type { Source } from './studio.svelte';

/** The recording page's transcript, as the subtitle view needs it. */
export class RecordingSource implements Source {
  constructor(private readonly recording: Recording) {}

  get transcriptId(): string {
    return this.recording.transcriptId;
  }
  get rows(): readonly Row[] {
    return this.recording.rows;
  }
  get live(): boolean {
    return this.recording.live;
  }
  get loaded(): boolean {
    return this.recording.loaded;
  }
  get edit(): ((operations: readonly Operation[]) => void) | null {
    const { editor } = this.recording;
    return editor ? (operations) => editor.run(operations) : null;
  }
}
