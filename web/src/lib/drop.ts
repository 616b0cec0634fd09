// Files out of a drop, a paste or a chosen folder.

/** More files at a time are not taken; the page says so. */
export const kMostFiles = 500;
/** Folders in folders are followed so far down. */
const kDeepest = 16;
const kMediaName =
  /\.(aac|ac3|aif|aiff|amr|ape|asf|au|avi|caf|dts|flac|flv|m2ts|m4a|m4b|m4v|mka|mkv|mov|mp2|mp3|mp4|mpe?g|mts|mxf|oga|ogg|ogv|opus|ra|ts|vob|wav|webm|wma|wmv|3gp)$/i;

export const kAccept = 'audio/*,video/*,.mka,.mkv,.opus,.flac,.amr,.caf,.m4b,.ts,.mts,.mxf,.ac3,.dts';

/** What was found, and what was left out of it. */
export interface Found {
  files: File[];
  /** Files in folders that do not look like recordings. */
  ignored: number;
  /** Could not be read: no permission, gone in between. */
  unread: number;
  /** There were more than `kMostFiles`. */
  cut: boolean;
}

export function looksLikeMedia(file: { name: string; type: string }): boolean {
  if (file.name.startsWith('.')) return false; // macOS keeps "._talk.mp3" beside "talk.mp3": it is no recording.
  return /^(audio|video)\//.test(file.type) || kMediaName.test(file.name);
}

export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

const nothing = (): Found => ({ files: [], ignored: 0, unread: 0, cut: false });

/**
 * Every file that was dropped. From a folder only what looks like a recording is taken; a single file is always
 * taken, for the server can tell better than its name.
 */
export async function filesFrom(transfer: DataTransfer): Promise<Found> {
  // Entries must be asked for before the first await, or the browser has forgotten them.
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const found = nothing();
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) await walk(entry as FileSystemDirectoryEntry, found, 1);
    else if (file) take(found, file);
  }
  return found;
}

/** What an input with `webkitdirectory` was given: the files of all folders in it, flat. */
export function filesOfFolder(files: Iterable<File>): Found {
  const found = nothing();
  for (const file of files) {
    if (looksLikeMedia(file)) take(found, file);
    else found.ignored += 1;
  }
  return found;
}

function take(found: Found, file: File): void {
  if (found.files.length < kMostFiles) found.files.push(file);
  else found.cut = true;
}

async function walk(folder: FileSystemDirectoryEntry, found: Found, depth: number): Promise<void> {
  const reader = folder.createReader();
  while (!found.cut) {
    // A folder is read in batches of a hundred, until an empty one.
    const batch = await new Promise<FileSystemEntry[] | null>((resolve) =>
      reader.readEntries(resolve, () => resolve(null)),
    );
    if (batch === null) found.unread += 1;
    if (!batch || batch.length === 0) return;
    for (const entry of batch) {
      if (found.cut) return;
      if (entry.isDirectory) {
        if (depth < kDeepest) await walk(entry as FileSystemDirectoryEntry, found, depth + 1);
        continue;
      }
      const file = await new Promise<File | null>((resolve) =>
        (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
      );
      if (!file) found.unread += 1;
      else if (looksLikeMedia(file)) take(found, file);
      else found.ignored += 1;
    }
  }
}
