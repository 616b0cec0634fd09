/** Names that people know, for the formats that /system lists. */
export const kFormatNames: Readonly<Record<string, string>> = {
  srt: 'SubRip',
  vtt: 'WebVTT',
  ass: 'Advanced SubStation',
  ttml: 'Timed Text (IMSC)',
  lrc: 'LRC',
  sbv: 'YouTube SBV',
  txt: 'Text',
  md: 'Markdown',
  json: 'JSON',
  csv: 'CSV',
  tsv: 'TSV',
};
