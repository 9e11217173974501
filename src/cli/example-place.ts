/*
 * Where an example runs: at the `vouch dev` of this folder where one runs that is large enough, else at one of its own, in a
 * temporary folder that goes with the example.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type JsonRpc, jsonRpc } from '../chain/json-rpc.ts'
import { openSender, type Sender } from '../chain/transactions.ts'
import { readOwnKey } from './channel-file.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { devFolder, type RunningDev, readRunning } from './running-dev.ts'

export type ExamplePlace = {
  readonly running: RunningDev
  readonly rpc: JsonRpc
  /** Has gas and play money. */
  readonly guest: Sender
  readonly close: () => Promise<void>
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const

export async function openExamplePlace(
  needs: { readonly contributors: number; readonly data: string | undefined },
  { print }: Terminal,
): Promise<ExamplePlace> {
  const found = await runningAt(needs.data ?? devFolder)
  if (found !== undefined && found.contributors >= needs.contributors) {
    print(`using the vouch dev that runs here: ${found.gateway}`)
    return placeOf(found, async () => {})
  }
  if (needs.data !== undefined) {
    throw new CommandFailure(`no vouch dev with ${needs.contributors} contributor(s) runs there`)
  }
  print(`starting a vouch dev with ${needs.contributors} contributor(s), for this example alone`)
  const folder = mkdtempSync(join(tmpdir(), 'vouch-example-'))
  const own = spawnDev(folder, needs.contributors)
  const stopped = (): void => void close().then(() => process.exit(1))
  const close = async (): Promise<void> => {
    for (const signal of stopSignals) process.off(signal, stopped)
    await ended(own)
    rmSync(folder, { recursive: true, force: true })
  }
  // Whoever ends the example ends what it started.
  for (const signal of stopSignals) process.once(signal, stopped)
  try {
    await untilRuns(own)
    const running = readRunning(folder)
    if (running === undefined) throw new CommandFailure('the vouch dev left no running.json')
    return await placeOf(running, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function placeOf(running: RunningDev, close: () => Promise<void>): Promise<ExamplePlace> {
  const rpc = jsonRpc(running.rpcUrl)
  const privateKey = await readOwnKey(running.guestKeyFile)
  return { running, rpc, guest: openSender({ rpc, chainId: running.chainId, privateKey }), close }
}

/** What its file says may be of a `vouch dev` that has ended. */
async function runningAt(folder: string): Promise<RunningDev | undefined> {
  const running = readRunning(folder)
  if (running === undefined) return undefined
  const chainId = await jsonRpc(running.rpcUrl).call('eth_chainId', [])
  return chainId.ok ? running : undefined
}

const spawnDev = (folder: string, contributors: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...[join(import.meta.dirname, '../main.ts'), 'dev', '--port', '0', '--quiet'],
      ...['--data', folder, '--contributors', String(contributors)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )

function untilRuns(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new CommandFailure('the vouch dev did not start')))
    child.once('error', reject)
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Ctrl-C stops.')) resolve()
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  await exited
}
