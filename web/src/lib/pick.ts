/** Opens the browser's own chooser; empty when people think better of it. */
export function pickFiles(kind: 'file' | 'folder'): Promise<File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = kind === 'folder';
  input.webkitdirectory = kind === 'folder';
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]), { once: true });
    input.addEventListener('cancel', () => resolve([]), { once: true });
    input.click();
  });
}

/** Phones have no folders to choose. */
export const canPickFolders = (): boolean =>
  'webkitdirectory' in HTMLInputElement.prototype && matchMedia('(hover: hover)').matches;
