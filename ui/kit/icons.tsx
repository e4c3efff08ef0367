// The icons as SVG paths: no font, no file, no request.

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l5 5L19.5 7',
  stop: 'M7 7h10v10H7z',
  pencil: 'M4 20l1-4L16 5l3 3L8 19l-4 1z',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  give_back: 'M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5',
  terminal: 'M5 7l5 5-5 5M12 17h7',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  blocked: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M13 7a3 3 0 1 0 6 0 3 3 0 0 0-6 0zM5 17a3 3 0 1 0 6 0 3 3 0 0 0-6 0z',
  phone: 'M7 3h10v18H7zM11 18h2',
  reset: 'M5 12a7 7 0 1 0 2.5-5.4M5 4v4.5h4.5',
  history: 'M12 4a8 8 0 1 1-7.4 5M4 4v5h5M12 8v4.5l3 2',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20',
  filter: 'M4 6h16M7 12h10M10 18h4',
  play: 'M8 5l11 7-11 7z',
  pause: 'M9 5v14M15 5v14',
  step_forward: 'M6 5l8 7-8 7zM18 5v14',
  step_back: 'M18 5l-8 7 8 7zM6 5v14',
  speak: 'M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  unreached:
    'M3 4l18 16M8.5 15.5a5 5 0 0 1 6 .2M5.5 12.3a9.5 9.5 0 0 1 5-2.6M14.5 9.8a9.5 9.5 0 0 1 4 2.5M2.5 9a14 14 0 0 1 4.5-2.9M11 5a14 14 0 0 1 10.5 4M12 19v.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8v.01',
  warning: 'M12 4L2.5 20h19zM12 10v4.5M12 17.3v.01',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  flag: 'M6 21V4h12l-3 4 3 4H6',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  skip: 'M5 6l6 6-6 6M13 6l6 6-6 6',
  again: 'M19 12a7 7 0 1 1-2.1-5M19 4v4h-4',
  compose: 'M4 5h16v11H11l-4 4v-4H4zM8 9.5h8M8 12.5h5',
  paste: 'M9 5H6v15h12V5h-3M9 3.5h6v3.5H9zM12 10.5v6M9.5 14l2.5 2.5 2.5-2.5',
  attach:
    'M19 11.5l-7.5 7.5a4.6 4.6 0 0 1-6.5-6.5L13 4.5a3.1 3.1 0 0 1 4.4 4.4l-7.6 7.6a1.6 1.6 0 0 1-2.2-2.2L14.5 7.4',
  enter: 'M19 6v7H6M10 9l-4 4 4 4',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10.5 21h3',
  quit: 'M12 3v9M7 6.5a7.5 7.5 0 1 0 10 0',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  text: 'M5 6h14M5 10h14M5 14h14M5 18h8',
  font_size: 'M2.5 18L7 6.5 11.5 18M4 14.5h6M14 18l3.2-8 3.3 8M15 15.6h4.4',
  wrap: 'M4 6h16M4 12h13a3 3 0 0 1 0 6h-5M14.5 15.5L12 18l2.5 2.5M4 18h4',
  share: 'M12 15V4M8 8l4-4 4 4M6 12H5v8h14v-8h-1',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  up: 'M6 15l6-6 6 6',
  down: 'M6 9l6 6 6-6',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" style={name === 'more' ? 'stroke-width: 3' : undefined}>
      <path d={PATHS[name]} />
    </svg>
  )
}
