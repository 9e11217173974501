/*
 * What a contributor sees: for a person the sections of the start, then events and one line that is written over; for a
 * program one JSON line for each of them. Both say the same.
 */
import type { Terminal } from './command.ts'

export type Screen = {
  /** Something that happened, as a program reads it and as a person does. Further lines stand under the first. */
  readonly tell: (event: ScreenEvent, ...lines: readonly string[]) => void
  /** The last line, until the next; an empty one takes it away. A program is not shown it. */
  readonly status: (line: string) => void
  /** Whether somebody reads along who can be asked. */
  readonly isPerson: boolean
  /** Ends the line that is written over. */
  readonly close: () => void
}

export type ScreenEvent = { readonly event: string; readonly [member: string]: unknown }

const labelWidth = 12

/** What a terminal has that does not know its width. */
const usualColumns = 80

export function openScreen(terms: {
  readonly isPerson: boolean
  readonly terminal: Terminal
  /** Writes without a line break; only for a person. */
  readonly write: (text: string) => void
  /** Nothing or 0 where a terminal does not know its width. */
  readonly columns: () => number | undefined
}): Screen {
  const { isPerson, terminal, write, columns } = terms
  let shown = ''
  const clear = (): void => {
    if (shown !== '') write('\r\u001b[2K')
    shown = ''
  }
  const show = (line: string): void => {
    shown = fitted(line, (columns() || usualColumns) - 1)
    write(`\r\u001b[2K${shown}`)
  }
  return {
    isPerson,
    tell: (event, ...lines) => {
      if (!isPerson) return terminal.print(JSON.stringify(event, writeAmount))
      const line = shown
      clear()
      for (const text of lines) terminal.print(text)
      if (line !== '') show(line)
    },
    status: (line) => {
      if (isPerson) show(line)
    },
    close: () => {
      if (shown !== '') write('\n')
      shown = ''
    },
  }
}

/** A line that wraps cannot be written over, and half a number is another one: whole parts, as many as fit. */
function fitted(line: string, width: number): string {
  if (line.length <= width) return line
  const end = Math.max(line.lastIndexOf(' · ', width), line.lastIndexOf(' (', width))
  return line.slice(0, Math.max(0, end === -1 ? width : end))
}

const writeAmount = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value

/** Lines with a word in front of the first, so that a page of them can be scanned. */
export const labelled = (label: string, ...lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}${line}`)

/** Rows of words under each other, each column as wide as its widest. The last one is not filled up. */
export function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `1234567` is `1,234,567`. */
export const grouped = (count: number | bigint): string => count.toLocaleString('en-US')
