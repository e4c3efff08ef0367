// The drawings on buttons, as paths: no font, no file, no request. Knows nothing of what they are for.

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  stop: 'M7 7h10v10H7z',
  pencil: 'M4 20l1-4L16 5l3 3L8 19l-4 1z',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  give_back: 'M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5',
  terminal: 'M5 7l5 5-5 5M12 17h7',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  blocked: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M13 7a3 3 0 1 0 6 0 3 3 0 0 0-6 0zM5 17a3 3 0 1 0 6 0 3 3 0 0 0-6 0z',
  phone: 'M7 3h10v18H7zM11 18h2',
  history: 'M12 4a8 8 0 1 1-7.4 5M4 4v5h5M12 8v4.5l3 2',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20',
  filter: 'M4 6h16M7 12h10M10 18h4',
  play: 'M8 5l11 7-11 7z',
  pause: 'M9 5v14M15 5v14',
  step_on: 'M6 5l8 7-8 7zM18 5v14',
  step_back: 'M18 5l-8 7 8 7zM6 5v14',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  flag: 'M6 21V4h12l-3 4 3 4H6',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10.5 21h3',
  quit: 'M12 3v9M7 6.5a7.5 7.5 0 1 0 10 0',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" style={name === 'more' ? 'stroke-width: 3' : undefined}>
      <path d={PATHS[name]} />
    </svg>
  )
}
