/**
 * Copies text. The clipboard API exists only on https and localhost, and Zimu is often reached by a plain address
 * on the home network: there the older command does it.
 */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed here; the older way may be.
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  area.setAttribute('readonly', '');
  const focused = document.activeElement as HTMLElement | null;
  // Inside an open dialog everything outside it is inert, and cannot be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch {
    copied = false;
  }
  area.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}
