import { Upload, type DetailedError } from 'tus-js-client';
import { ApiError, kUploadsPath, problemFrom } from './api';

// Pieces small enough for a proxy's body limit and large enough that the round trips do not show.
const kChunkBytes = 64 * 1024 * 1024;
const kRetryDelaysMs = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000];
const kMediaIdHeader = 'Zimu-Media-Id';

export interface UploadEvents {
  onProgress: (sent: number, total: number) => void;
  onDone: (mediaId: string | null) => void;
  onError: (error: ApiError) => void;
}

/**
 * One resumable upload over tus 1.0. Pausing keeps what the server has; so does closing the page: the same file
 * dropped again goes on from there.
 */
export class FileUpload {
  private readonly upload: Upload;
  private mediaId: string | null = null;
  private searched = false;

  constructor(file: File, events: UploadEvents) {
    this.upload = new Upload(file, {
      endpoint: kUploadsPath,
      chunkSize: kChunkBytes,
      retryDelays: kRetryDelaysMs,
      metadata: { filename: file.name, filetype: file.type || 'application/octet-stream' },
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const status = (error as DetailedError).originalResponse?.getStatus() ?? 0;
        return status === 0 || status === 409 || status === 423 || status >= 500;
      },
      onAfterResponse: (_request, response) => {
        this.mediaId = response.getHeader(kMediaIdHeader) ?? this.mediaId;
      },
      onProgress: events.onProgress,
      onSuccess: () => events.onDone(this.mediaId),
      onError: (error) => events.onError(uploadError(error)),
    });
  }

  /** Starts, or goes on after `pause`. */
  async start(): Promise<void> {
    if (!this.searched) {
      this.searched = true;
      const previous = await this.upload.findPreviousUploads().catch(() => []);
      if (previous[0]) this.upload.resumeFromPreviousUpload(previous[0]);
    }
    this.upload.start();
  }

  async pause(): Promise<void> {
    await this.upload.abort(false);
  }

  /** Also removes what the server has of it. */
  async cancel(): Promise<void> {
    await this.upload.abort(true).catch(() => {});
  }
}

/** The server's own sentence where it sent one. */
export function uploadError(error: Error | DetailedError): ApiError {
  const response = 'originalResponse' in error ? error.originalResponse : null;
  if (!response || response.getStatus() === 0) {
    return new ApiError(0, 'network', 'The server cannot be reached.');
  }
  return problemFrom(response.getStatus(), response.getBody());
}
