/*
 * Piles of what was signed, as they lie about: receipts, Works, checkpoints and evidence, one JSON value a file or one a line,
 * in any folder below those that were named.
 */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readFaultEvidence } from '../client/fault-evidence.ts'
import type { Told } from '../client/find-faults.ts'
import { readToldStatement } from '../client/find-faults-pile.ts'
import { findRepeatedKey } from '../client/find-repeated-key.ts'
import { readReceiptDocument } from '../client/parse-receipt-document.ts'
import { CommandFailure } from './command.ts'
import { codeOf } from './read-trust.ts'

/** One value of a pile, or why it is none. */
export type PileEntry =
  | { readonly where: string; readonly told: Told }
  | { readonly where: string; readonly fault: string }

/** Larger files are read as lines only. */
const wholeFileBytesMax = 16 * 1024 * 1024

export async function* readPile(paths: readonly string[]): AsyncGenerator<PileEntry> {
  for (const path of paths) yield* readPath(path)
}

async function* readPath(path: string): AsyncGenerator<PileEntry> {
  const stats = statOf(path)
  if (stats.isDirectory()) {
    const names = readdirSync(path).sort()
    for (const name of names) {
      const inner = join(path, name)
      if (statOf(inner).isDirectory() || /\.jsonl?$/.test(name)) yield* readPath(inner)
    }
    return
  }
  const whole = stats.size <= wholeFileBytesMax ? readFileSync(path, 'utf8') : undefined
  const value = whole === undefined ? undefined : parsed(whole)
  if (whole !== undefined && value?.ok) yield* entriesOf(path, whole, value.value)
  else yield* readLines(path)
}

async function* readLines(path: string): AsyncGenerator<PileEntry> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number += 1
    if (line.trim() === '') continue
    const where = `${path}:${number}`
    const value = parsed(line)
    if (value.ok) yield* entriesOf(where, line, value.value)
    else yield { where, fault: 'no JSON' }
  }
}

function* entriesOf(where: string, text: string, value: unknown): Generator<PileEntry> {
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) {
    yield { where, fault: `${repeated} stands there twice` }
    return
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const one of values) yield { where, ...toldBy(one) }
}

function toldBy(value: unknown): { readonly told: Told } | { readonly fault: string } {
  const { object } = Object(value) as { readonly object?: unknown }
  const read =
    object === 'vouch.receipt'
      ? readReceiptDocument(value)
      : object === 'vouch.fault'
        ? readFaultEvidence(value)
        : readToldStatement(value)
  if (read.ok) return { told: read.value }
  const [first] = read.error
  return {
    fault:
      first === undefined
        ? 'unreadable'
        : `${first.path}: expected ${first.expected}, not ${first.found}`,
  }
}

function parsed(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}

function statOf(path: string) {
  try {
    return statSync(path)
  } catch (error) {
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
}
