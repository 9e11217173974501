import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { assert } from '../base/assert.ts'
import { chainSaveIntervalMs, chainStartTimeoutMs, chainStopTimeoutMs } from '../base/limits.ts'
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { isHex } from '../domain/units.ts'
import { anvilBinary } from './anvil-binary.ts'
import { spawnAnvil, waitUntilUnused } from './anvil-process.ts'
import { keepPort, keptPort } from './chain-port.ts'
import { exitStatePath, recoverState, saveState } from './chain-state.ts'

export const embeddedChainId = 31337

/** Of what anvil prints, kept for the message when it dies. */
const outputCharactersMax = 4_000

export type EmbeddedChain = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly rpc: JsonRpc
  /** Makes the chain as it is now survive whatever happens next. Happens by itself every few seconds, too. */
  readonly save: () => Promise<Result<void, EmbeddedChainFailure>>
  /** Stops and keeps the state. A second call waits for the first. */
  readonly stop: () => Promise<void>
  /** The group of anvil and the shell that watches over it, for whoever must end both by force. */
  readonly processGroupId: number
  /** Resolves when anvil ends, with what it said last; undefined when `stop` ended it. */
  readonly exited: Promise<string | undefined>
}

export type EmbeddedChainFailure =
  | { readonly reason: 'anvil_not_installed'; readonly platform: string }
  | { readonly reason: 'chain_folder_in_use'; readonly folder: string }
  | { readonly reason: 'anvil_did_not_start'; readonly folder: string; readonly detail: string }
  | { readonly reason: 'chain_not_saved'; readonly folder: string; readonly detail: string }

/** One line for a person. */
export function describeEmbeddedChainFailure(failure: EmbeddedChainFailure): string {
  switch (failure.reason) {
    case 'anvil_not_installed':
      return `npm has no anvil for ${failure.platform}: run npm install again, or use vouch serve with a chain of your own`
    case 'chain_folder_in_use':
      return `an earlier chain still uses ${failure.folder}: wait until it has ended and start again`
    case 'anvil_did_not_start':
      return `the embedded chain in ${failure.folder} did not start (${failure.detail}): remove that folder to begin with a new chain`
    case 'chain_not_saved':
      return `the embedded chain could not be saved in ${failure.folder} (${failure.detail})`
  }
}

/**
 * Starts anvil on the port of the loopback interface that it had before, or a free one, with its state in a folder. It ends with this process, however
 * that ends, and continues from its state at the next start.
 */
export async function startEmbeddedChain(
  folderPath: string,
): Promise<Result<EmbeddedChain, EmbeddedChainFailure>> {
  const program = anvilBinary()
  if (program === undefined) {
    return err({ reason: 'anvil_not_installed', platform: `${process.platform}-${process.arch}` })
  }
  // Absolute, because anvil runs in it.
  const folder = resolve(folderPath)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!(await waitUntilUnused(folder, chainStopTimeoutMs))) {
    return err({ reason: 'chain_folder_in_use', folder })
  }
  const state = recoverState(folder)
  const args = anvilArguments({ folder, state, port: await keptPort(folder) })
  const child = spawnAnvil(folder, { program, args })
  const output = collectOutput(child)
  const port = await listeningPort(child, output)
  if (port === undefined) {
    await endProcess(child)
    const detail = lastLine(output.text()) ?? `no port within ${chainStartTimeoutMs} ms`
    return err({ reason: 'anvil_did_not_start', folder, detail })
  }
  keepPort(folder, port)
  return ok(runningChain({ folder, child, output, url: `http://127.0.0.1:${port}` }))
}

const anvilArguments = ({
  folder,
  state,
  port,
}: {
  readonly folder: string
  readonly state: string | undefined
  readonly port: number
}): readonly string[] => [
  ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(embeddedChainId)],
  // The rules that the contracts are compiled for. No account is unlocked or funded: roles have their own keys.
  ...['--hardfork', 'cancun', '--accounts', '0'],
  ...['--dump-state', exitStatePath(folder)],
  ...(state === undefined ? [] : ['--load-state', state]),
]

type Output = { readonly text: () => string }

/** Everything is read, so that anvil never waits for a full pipe; only the end is kept. */
function collectOutput(child: ChildProcessWithoutNullStreams): Output {
  let text = ''
  const append = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-outputCharactersMax)
  }
  child.stdout.on('data', append)
  child.stderr.on('data', append)
  return { text: () => text }
}

function listeningPort(
  child: ChildProcessWithoutNullStreams,
  output: Output,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), chainStartTimeoutMs)
    const done = (port: number | undefined): void => {
      clearTimeout(timer)
      child.stdout.off('data', look)
      resolve(port)
    }
    const look = (): void => {
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output.text())?.[1]
      if (port !== undefined) done(Number(port))
    }
    child.stdout.on('data', look)
    child.once('error', () => done(undefined))
    child.once('close', () => done(undefined))
  })
}

function runningChain(parts: {
  readonly folder: string
  readonly child: ChildProcessWithoutNullStreams
  readonly output: Output
  readonly url: string
}): EmbeddedChain {
  const { folder, child, output, url } = parts
  const rpc = jsonRpc(url)
  assert(child.pid !== undefined, 'a chain that listens is a process')
  let savedAtBlock: unknown
  let stopping: Promise<void> | undefined

  const save = async (): Promise<Result<void, EmbeddedChainFailure>> => {
    const block = await rpc.call('eth_blockNumber', [])
    const dump = await rpc.call('anvil_dumpState', [])
    // What comes while anvil stops is older than what it writes itself.
    if (stopping !== undefined) return ok(undefined)
    const failed = (detail: string) => err({ reason: 'chain_not_saved', folder, detail } as const)
    if (!dump.ok) return failed(describeChainFailure(dump.error))
    if (!isHex(dump.value)) return failed('no state')
    try {
      saveState(folder, dump.value)
    } catch (error) {
      return failed(messageOf(error))
    }
    if (block.ok) savedAtBlock = block.value
    return ok(undefined)
  }
  const saveWhenChanged = async (): Promise<void> => {
    const block = await rpc.call('eth_blockNumber', [])
    // A failure is not lost: the block still differs, and the next tick tries again.
    if (block.ok && block.value !== savedAtBlock) await save()
  }
  const timer = setInterval(() => void saveWhenChanged(), chainSaveIntervalMs).unref()
  const exited = once(child, 'close').then(() => {
    clearInterval(timer)
    child.stdin.destroy()
    return stopping === undefined ? (lastLine(output.text()) ?? 'anvil ended') : undefined
  })
  return {
    url,
    rpc,
    save,
    processGroupId: child.pid,
    exited,
    stop: () => {
      clearInterval(timer)
      stopping ??= endProcess(child)
      return stopping
    },
  }
}

/** Closes the pipe that anvil's shell watches; what does not end by itself is killed with its whole group. */
async function endProcess(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.stdin.end()
  const ended = await Promise.race([closed, wait(chainStopTimeoutMs, 'late', { ref: false })])
  if (ended !== 'late' || child.pid === undefined) return
  process.kill(-child.pid, 'SIGKILL')
  await closed
}

const lastLine = (text: string): string | undefined => text.trim().split('\n').at(-1) || undefined
