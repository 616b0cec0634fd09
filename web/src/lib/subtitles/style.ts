// How subtitles look when they are drawn into the picture, and the same as CSS over the player.

export interface Style {
  font: string;
  /** Sizes are pixels of a picture whose shorter side has 1080. */
  size: number;
  color: string;
  outline_color: string;
  outline: number;
  box: boolean;
  /** #RRGGBBAA: 00 is clear, FF is solid. */
  box_color: string;
  position: 'bottom' | 'top';
  margin: number;
  bold: boolean;
}

export const kPictureSide = 1080;
/** The server's bounds. */
export const kStyleBounds = {
  size: { least: 12, most: 200, step: 2 },
  outline: { least: 0, most: 20, step: 1 },
  margin: { least: 0, most: 400, step: 4 },
} as const;
/** Families that the server's font folder is likely to have; any other name may be typed. */
export const kFonts = [
  'Noto Sans',
  'Noto Serif',
  'Noto Sans CJK SC',
  'DejaVu Sans',
  'Liberation Sans',
] as const;

export const kUsualStyle: Style = {
  font: 'Noto Sans',
  size: 58,
  color: '#FFFFFF',
  outline_color: '#101010',
  outline: 3,
  box: false,
  box_color: '#000000A0',
  position: 'bottom',
  margin: 64,
  bold: false,
};

const isColor = (value: unknown): value is string =>
  typeof value === 'string' && /^#([0-9a-f]{6}|[0-9a-f]{8})$/i.test(value);

/** A stored style, made whole. */
export function sensibleStyle(stored: unknown): Style {
  const from = (stored ?? {}) as Partial<Record<keyof Style, unknown>>;
  const out = { ...kUsualStyle };
  for (const [name, { least, most }] of Object.entries(kStyleBounds)) {
    const value = from[name as keyof typeof kStyleBounds];
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      out[name as keyof typeof kStyleBounds] = value as number;
  }
  for (const name of ['color', 'outline_color', 'box_color'] as const) {
    const value = from[name];
    if (isColor(value)) out[name] = value;
  }
  if (typeof from.font === 'string' && from.font.trim()) out.font = from.font.trim().slice(0, 40);
  if (typeof from.box === 'boolean') out.box = from.box;
  if (typeof from.bold === 'boolean') out.bold = from.bold;
  if (from.position === 'top' || from.position === 'bottom') out.position = from.position;
  return out;
}

/** "#RRGGBBAA" as the two controls that people have: a colour and how solid it is, 0 to 1. */
export function splitColor(color: string): { rgb: string; alpha: number } {
  const rgb = color.slice(0, 7).toLowerCase();
  return { rgb, alpha: color.length > 7 ? parseInt(color.slice(7, 9), 16) / 255 : 1 };
}

export function joinColor(rgb: string, alpha: number): string {
  const byte = Math.round(Math.min(1, Math.max(0, alpha)) * 255);
  return (rgb.slice(0, 7) + byte.toString(16).padStart(2, '0')).toUpperCase();
}

/** Of a picture in a box: where it lies when it is shown whole (object-fit: contain). */
export function pictureIn(
  box: { width: number; height: number },
  ratio: number,
): { left: number; top: number; width: number; height: number } {
  const width = Math.min(box.width, box.height * ratio);
  const height = width / ratio;
  return { left: (box.width - width) / 2, top: (box.height - height) / 2, width, height };
}

/** CSS pixels for one pixel of the style, in a picture that is shown so large. */
export const styleScale = (picture: { width: number; height: number }): number =>
  Math.min(picture.width, picture.height) / kPictureSide;
