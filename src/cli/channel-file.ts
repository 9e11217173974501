/*
 * What a payer keeps of a channel: everything that is needed to use it, and to leave it when the gateway is gone. Written
 * before money moves. The session key lies in a file of its own beside it; neither is readable by others.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { PrivateKey } from '../chain/private-key.ts'
import type { ChannelPlace } from '../client/billing-orders.ts'
import { objectReader, type Reader, type ShapeFault } from '../client/object-reader.ts'
import { priceSheetReader } from '../client/parse-receipt-document.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  ifThere,
  listReader,
  orNull,
  secondsReader,
  textReader,
  uint64Reader,
} from '../client/value-readers.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import { describeShapeFault } from './read-trust.ts'

export type ChannelFile = ChannelPlace & {
  /** Base URL of the gateway without `/v1`. */
  readonly gateway: string
  /** The gateway's registered account, in whose name its receipts are signed. */
  readonly operator: Address
  readonly receiptVerifier: Address
  readonly rpcUrl: string
  /** Relative to the channel's own file. */
  readonly sessionKeyFile: string
  readonly openedAt: UnixSeconds
  /** Price sheets that the payer has agreed to. */
  readonly priceHashes: readonly Bytes32[]
  /** The same in full; not in files of an earlier version. */
  readonly priceSheets?: readonly PriceSheet[] | undefined
  /** The highest voucher that was signed here. */
  readonly signed: AtomicAmount
  /** A signed deposit of which it is not known what became of it: sent again, it is still made once. */
  readonly pendingDeposit: PendingDeposit | null
}

export type PendingDeposit = {
  readonly amount: AtomicAmount
  readonly validAfter: UnixSeconds
  readonly validBefore: UnixSeconds
  readonly salt: Bytes32
  readonly signature: string
}

const configReader = objectReader<ChannelConfig>(
  {
    payer: addressReader,
    payerAuthorizer: addressReader,
    receiver: addressReader,
    receiverAuthorizer: addressReader,
    token: addressReader,
    withdrawDelay: uint64Reader,
    salt: bytes32Reader,
  },
  'refused',
)
const fileReader: Reader<ChannelFile> = objectReader<ChannelFile>(
  {
    gateway: textReader,
    operator: addressReader,
    receiptVerifier: addressReader,
    rpcUrl: textReader,
    sessionKeyFile: textReader,
    openedAt: secondsReader,
    priceHashes: listReader(bytes32Reader),
    priceSheets: ifThere(listReader(priceSheetReader)),
    signed: amountReader,
    pendingDeposit: orNull(
      objectReader<PendingDeposit>(
        {
          amount: amountReader,
          validAfter: secondsReader,
          validBefore: secondsReader,
          salt: bytes32Reader,
          signature: textReader,
        },
        'refused',
      ),
    ),
    channelId: bytes32Reader,
    config: configReader,
    chainId: uint64Reader,
    settlement: addressReader,
    collector: addressReader,
    asset: objectReader<ChannelPlace['asset']>(
      { address: addressReader, decimals: uint64Reader, name: textReader, version: textReader },
      'refused',
    ),
    registry: objectReader<ChannelPlace['registry']>(
      { chainId: uint64Reader, verifyingContract: addressReader },
      'refused',
    ),
  },
  'ignored',
)

/** Throws CommandFailure for what is not there or is no channel's file. */
export function readChannelFile(path: string): ChannelFile {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'no JSON'
    throw new CommandFailure(
      `the channel file ${path} cannot be read (${code}): 'vouch channel open' makes one, --channel names another`,
    )
  }
  const faults: ShapeFault[] = []
  const file = fileReader(value, { path: '', faults })
  if (file !== undefined) return file
  throw new CommandFailure(
    `${path} is no channel file: ${faults.map(describeShapeFault).join('; ')}`,
  )
}

export const channelFileExists = (path: string): boolean => existsSync(path)

export function writeChannelFile(path: string, file: ChannelFile): void {
  const text = JSON.stringify(
    file,
    (_key, value) => (typeof value === 'bigint' ? String(value) : value),
    2,
  )
  writeDurably(path, `${text}\n`)
}

/** Whole or not at all, on the disk when it returns, for its owner's eyes. */
export function writeDurably(path: string, text: string): void {
  const draft = `${path}.new`
  // A new file: one that is there may be open to others, or a link to somewhere else.
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}

export const sessionKeyPath = (
  channelPath: string,
  file: Pick<ChannelFile, 'sessionKeyFile'>,
): string => join(dirname(resolve(channelPath)), file.sessionKeyFile)

export const readSessionKey = (channelPath: string, file: ChannelFile): Promise<PrivateKey> =>
  readOwnKey(sessionKeyPath(channelPath, file))

/** Throws CommandFailure; the message never quotes the file. */
export async function readOwnKey(path: string): Promise<PrivateKey> {
  const key = await readKeyFile(path)
  if (key.ok) return key.value
  throw new CommandFailure(key.error)
}
