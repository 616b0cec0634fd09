import { choiceFrom, type TranscribeChoice } from '../options';

export type Theme = 'auto' | 'light' | 'dark';

/** Below this the models of Whisper are more often wrong than right. */
export const kConfidence = 0.5;
const kKey = 'zimu.settings'; // theme.js reads it too, before the first paint.

function load(): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(localStorage.getItem(kKey) ?? '{}');
    return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What this browser remembers. Nothing of it is sent anywhere. */
class Settings {
  theme = $state<Theme>('auto');
  locale = $state('');
  singleKeys = $state(true);
  optionsOpen = $state(false);
  volume = $state(1);
  rate = $state(1);
  /** Words that the model is less sure of, 0..1, are marked where people ask for it. */
  confidence = $state(kConfidence);
  /** The first steps were taken, or sent away: they do not come back. */
  guideDone = $state(false);
  choice = $state<TranscribeChoice>(choiceFrom(null));

  constructor() {
    const stored = load();
    if (stored.theme === 'light' || stored.theme === 'dark') this.theme = stored.theme;
    if (typeof stored.locale === 'string') this.locale = stored.locale;
    if (typeof stored.singleKeys === 'boolean') this.singleKeys = stored.singleKeys;
    if (typeof stored.optionsOpen === 'boolean') this.optionsOpen = stored.optionsOpen;
    if (typeof stored.volume === 'number') this.volume = Math.min(1, Math.max(0, stored.volume));
    if (typeof stored.rate === 'number' && stored.rate > 0) this.rate = stored.rate;
    if (typeof stored.confidence === 'number')
      this.confidence = Math.min(0.95, Math.max(0.05, stored.confidence));
    if (stored.guideDone === true) this.guideDone = true;
    this.choice = choiceFrom(stored.choice);
  }

  /** Called once, where effects may live. */
  persist(): void {
    $effect(() => {
      const { theme, locale, singleKeys, optionsOpen, volume, rate, confidence, guideDone } = this;
      const choice = $state.snapshot(this.choice);
      try {
        localStorage.setItem(
          kKey,
          JSON.stringify({
            theme,
            locale,
            singleKeys,
            optionsOpen,
            volume,
            rate,
            confidence,
            guideDone,
            choice,
          }),
        );
      } catch {
        // Storage is off or full: the choices last as long as the page.
      }
      if (theme === 'auto') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
    });
  }
}

export const settings = new Settings();
