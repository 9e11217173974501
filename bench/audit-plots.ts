/*
 * Charts of a few lines as SVG, for documents: a frame, a grid, lines and their names. Colours are legible on white and on dark.
 */

export type Line = {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly isDashed?: boolean
}

export type Axis = {
  readonly title: string
  /** Marked values, the first and the last at the ends of the axis. */
  readonly ticks: readonly number[]
  readonly isLogarithmic?: boolean
  readonly write?: (value: number) => string
}

const frame = { left: 70, top: 46, width: 520, height: 300, right: 190, bottom: 56 }
const colours = [
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#17a2b8',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
]

export function chartSvg(chart: {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}): string {
  const { x, y, lines, title } = chart
  const across = (value: number): number => frame.left + frame.width * shareOf(x, value)
  const down = (value: number): number => frame.top + frame.height * (1 - shareOf(y, value))
  const width = frame.left + frame.width + frame.right
  const height = frame.top + frame.height + frame.bottom
  const bottom = frame.top + frame.height
  const right = frame.left + frame.width
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text({ at: [frame.left, 24], words: title, size: 15 }),
    ...x.ticks.flatMap((tick) => [
      rule([across(tick), frame.top], [across(tick), bottom]),
      text({ at: [across(tick), bottom + 18], words: label(x, tick), anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((tick) => [
      rule([frame.left, down(tick)], [right, down(tick)]),
      text({ at: [frame.left - 8, down(tick) + 4], words: label(y, tick), anchor: 'end' }),
    ]),
    text({ at: [frame.left + frame.width / 2, height - 12], words: x.title, anchor: 'middle' }),
    `<g transform="translate(18 ${frame.top + frame.height / 2}) rotate(-90)">${text({ at: [0, 0], words: y.title, anchor: 'middle' })}</g>`,
    ...lines.flatMap((line, at) => drawn(line, at, { across, down, right })),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

function drawn(
  { name, points, isDashed }: Line,
  at: number,
  place: {
    readonly across: (value: number) => number
    readonly down: (value: number) => number
    readonly right: number
  },
): readonly string[] {
  const colour = colours[at % colours.length]
  const path = points
    .map(
      ([x, y], index) =>
        `${index === 0 ? 'M' : 'L'}${round(place.across(x))} ${round(place.down(y))}`,
    )
    .join('')
  const dash = isDashed === true ? ' stroke-dasharray="6 4"' : ''
  const legend = frame.top + 10 + at * 20
  const stroke = `fill="none" stroke="${colour}" stroke-width="2"${dash}`
  return [
    `<path d="${path}" ${stroke}/>`,
    `<path d="M${place.right + 14} ${legend}h22" ${stroke}/>`,
    text({ at: [place.right + 42, legend + 4], words: name }),
  ]
}

function shareOf({ ticks, isLogarithmic = false }: Axis, value: number): number {
  const scale = isLogarithmic ? Math.log : (plain: number): number => plain
  const [first = 0, last = 1] = [ticks[0], ticks.at(-1)]
  const share = (scale(value) - scale(first)) / (scale(last) - scale(first))
  return Math.min(1, Math.max(0, share))
}

const label = ({ write = String }: Axis, tick: number): string => write(tick)

const rule = (from: readonly number[], to: readonly number[]): string =>
  `<path d="M${from.map(round).join(' ')}L${to.map(round).join(' ')}" stroke="#d9d9d9"/>`

const text = (written: {
  readonly at: readonly [number, number]
  readonly words: string
  readonly size?: number
  readonly anchor?: 'middle' | 'end'
}): string => {
  const { at, words, size = 12, anchor = 'start' } = written
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${round(at[0])}" y="${round(at[1])}" font-size="${size}" text-anchor="${anchor}" fill="#333333">${escaped}</text>`
}

const round = (value: number): number => Math.round(value * 10) / 10
