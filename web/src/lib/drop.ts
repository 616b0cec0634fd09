// Files out of a drop or a paste, folders included.

const kMostFiles = 500;
const kMediaName =
  /\.(aac|ac3|aif|aiff|amr|ape|asf|au|avi|caf|dts|flac|flv|m2ts|m4a|m4b|m4v|mka|mkv|mov|mp2|mp3|mp4|mpe?g|mts|mxf|oga|ogg|ogv|opus|ra|ts|vob|wav|webm|wma|wmv|3gp)$/i;

export const kAccept = 'audio/*,video/*,.mka,.mkv,.opus,.flac,.amr,.caf,.m4b,.ts,.mts,.mxf,.ac3,.dts';

export function looksLikeMedia(file: { name: string; type: string }): boolean {
  return /^(audio|video)\//.test(file.type) || kMediaName.test(file.name);
}

export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

/**
 * Every file that was dropped. From a folder only what looks like a recording is taken; a single file is always
 * taken, for the server can tell better than its name.
 */
export async function filesFrom(transfer: DataTransfer): Promise<File[]> {
  // Entries must be asked for before the first await, or the browser has forgotten them.
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const files: File[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) await walk(entry as FileSystemDirectoryEntry, files);
    else if (file && files.length < kMostFiles) files.push(file);
  }
  return files;
}

async function walk(folder: FileSystemDirectoryEntry, files: File[]): Promise<void> {
  const reader = folder.createReader();
  while (files.length < kMostFiles) {
    const batch = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (batch.length === 0) return;
    for (const entry of batch) {
      if (files.length >= kMostFiles) return;
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, files);
      else {
        const file = await new Promise<File | null>((resolve) =>
          (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
        );
        if (file && looksLikeMedia(file)) files.push(file);
      }
    }
  }
}
