/*
 * The gateway of the soak: gateway-process.ts in a process of its own, with a probe beside it that tells what it holds.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { unpackReceipt } from '../src/domain/receipt-bytes.ts'
import type { ReceiptDocument } from '../src/domain/receipt-document.ts'
import type { LoadTarget } from './load.ts'
import type { Holdings, Question } from './soak-probe.ts'

export type Books = {
  /** Requests that have not ended. */
  readonly holds: number
  readonly receipts: number
}

export type SoakGateway = {
  readonly target: LoadTarget
  readonly apiKey: string
  readonly holdings: () => Promise<Holdings>
  /** Once no request is under way and no client is connected; after a minute whatever there is. */
  readonly settled: () => Promise<{ readonly holdings: Holdings; readonly books: Books }>
  /** Hashes of what was sent, by the hash of what was asked for. */
  readonly responseHashes: () => ReadonlyMap<string, string>
  readonly stop: () => Promise<void>
}

/** `upstream` is `host:port`. */
export async function startSoakGateway(upstream: string): Promise<SoakGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-soak-'))
  const program = (name: string) => new URL(name, import.meta.url).pathname
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      program('./soak-probe.ts'),
      program('./gateway-process.ts'),
      `http://${upstream}/v1`,
      folder,
    ],
    { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] },
  )
  const { origin, apiKey } = await firstLine(child)
  const { hostname: host, port } = new URL(origin)
  const ledger = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
  const books = (): Books => ({
    holds: count(ledger, 'holds'),
    receipts: count(ledger, 'receipts'),
  })
  const ask = async <T>(question: Question): Promise<T> => {
    const answered = once(child, 'message')
    child.send(question)
    const [told] = await answered
    return told as T
  }
  const holdings = () => ask<Holdings>('everything')
  return {
    target: { host, port: Number(port), credentials: `authorization: Bearer ${apiKey}`, idle: [] },
    apiKey,
    holdings,
    settled: async () => {
      await until(async () => (await ask<number>('sockets')) === 0 && books().holds === 0)
      return { holdings: await holdings(), books: books() }
    },
    responseHashes: () => responseHashes(ledger),
    stop: async () => {
      ledger.close()
      const exit = once(child, 'exit')
      child.stdin?.end()
      await exit
      rmSync(folder, { recursive: true })
    },
  }
}

const pollMs = 50
const waitMs = 60_000

/** Waits until something is so, but not for ever: who asked finds that it is not. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < waitMs && !(await isSo()); waitedMs += pollMs) {
    await pause(pollMs)
  }
}

/** Those that something waits for: idle ones to the upstream keep nothing alive. */
export const openSockets = ({ handles }: Holdings): number => handles['TCPSocketWrap'] ?? 0

const count = (ledger: DatabaseSync, table: 'holds' | 'receipts'): number =>
  Number(ledger.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])

function responseHashes(ledger: DatabaseSync): ReadonlyMap<string, string> {
  const rows = ledger.prepare('SELECT packed FROM receipts').all()
  return new Map(
    rows.map(({ packed }) => {
      const { body } = unpackReceipt(packed as Uint8Array)
      const { receipt } = JSON.parse(body) as ReceiptDocument
      return [receipt.requestHash, receipt.responseHash]
    }),
  )
}

async function firstLine(child: ChildProcess): Promise<{ origin: string; apiKey: string }> {
  if (child.stdout === null) throw new Error('the gateway has standard output')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('the gateway ended before it listened')
}
