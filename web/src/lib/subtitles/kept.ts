import { sensible, type RuleChoice } from './rules';
import { sensibleStyle, type Style } from './style';

const kKey = 'zimu.subtitles';

export interface Choices {
  rules: RuleChoice;
  style: Style;
}

/** What people have chosen for subtitles in this browser, made whole. */
export function keptChoices(): Choices {
  let from: { rules?: unknown; style?: unknown } = {};
  try {
    from = (JSON.parse(localStorage.getItem(kKey) ?? '{}') ?? {}) as typeof from;
  } catch {
    // Storage is off, or holds something else.
  }
  return { rules: sensible(from.rules), style: sensibleStyle(from.style) };
}

export function keepChoices(choices: Choices): void {
  try {
    localStorage.setItem(kKey, JSON.stringify(choices));
  } catch {
    // Storage is off or full: the choices last as long as the page.
  }
}
