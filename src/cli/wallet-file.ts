import { existsSync, readFileSync } from 'node:fs'
import { objectReader, type ShapeFault, valueReader } from '../client/object-reader.ts'
import { amountReader, bytes32Reader, uint64Reader } from '../client/value-readers.ts'
import { freshWallet, type WalletState } from '../client/wallet.ts'
import type { Bytes32 } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure } from './command.ts'
import { describeShapeFault } from './read-trust.ts'

const stateReader = objectReader<WalletState>(
  {
    channelId: bytes32Reader,
    seq: uint64Reader,
    gatewaySeq: uint64Reader,
    digest: bytes32Reader,
    cumulative: amountReader,
    signed: amountReader,
    day: valueReader('a day', (value) =>
      typeof value === 'string' && /^(\d{4}-\d{2}-\d{2})?$/.test(value) ? value : undefined,
    ),
    signedOnDay: amountReader,
  },
  'refused',
)

/** What an earlier run verified and signed; a fresh start where there was none. Throws CommandFailure for a broken file. */
export function readWalletState(path: string, channelId: Bytes32): WalletState {
  if (!existsSync(path)) return freshWallet(channelId)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new CommandFailure(
      `${path} cannot be read: move it away to verify from the first receipt`,
    )
  }
  const faults: ShapeFault[] = []
  const state = stateReader(value, { path: '', faults })
  if (state === undefined) {
    const why = faults.map(describeShapeFault).join('; ')
    throw new CommandFailure(`${path} is no wallet's memory: ${why}`)
  }
  if (state.channelId === channelId) return state
  throw new CommandFailure(`${path} is the memory of another channel, ${state.channelId}`)
}

export function writeWalletState(path: string, state: WalletState): void {
  const text = JSON.stringify(
    state,
    (_key, value) => (typeof value === 'bigint' ? String(value) : value),
    2,
  )
  writeDurably(path, `${text}\n`)
}
