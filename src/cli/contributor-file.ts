/*
 * The folder of a contributor, and the file in it that says for whom it works and where its money is. `vouch contribute`
 * writes it before it stakes anything; `vouch contributor` works from it without the gateway's help.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { objectReader, type Reader, type ShapeFault, valueReader } from '../client/object-reader.ts'
import {
  addressReader,
  amountReader,
  ifThere,
  listReader,
  orNull,
  textReader,
  uint64Reader,
} from '../client/value-readers.ts'
import type { CoordinatorPlace } from '../domain/contract-job-headers.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure } from './command.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

/** Where `vouch contribute` and `vouch contributor` keep what is theirs, unless `--data` names another folder. */
export const contributorFolder = (given: string | undefined): string =>
  resolve(given ?? join(homedir(), '.vouch', 'contributor'))

/** What lies where in the folder. Nobody else may look into it. */
export type ContributorPaths = {
  readonly file: string
  /** The operator account, which has the stake and sends transactions. */
  readonly keystore: string
  /** The keystore's password, where what it protects is worth nothing: on a development chain. */
  readonly playPassword: string
  /** The key that signs Work… */
  readonly signingKey: string
  /** …the one that is about to take its place, and the one that it took the place of, until that is revoked. */
  readonly nextSigningKey: string
  readonly previousSigningKey: string
  readonly credit: string
  readonly earnings: string
  /** Where a running agent listens for commands. */
  readonly socket: string
}

export const contributorPaths = (folder: string): ContributorPaths => ({
  file: join(folder, 'contributor.json'),
  keystore: join(folder, 'keystore.json'),
  playPassword: join(folder, 'keystore.password'),
  signingKey: join(folder, 'signing.key'),
  nextSigningKey: join(folder, 'signing.next.key'),
  previousSigningKey: join(folder, 'signing.previous.key'),
  credit: join(folder, 'credit.json'),
  earnings: join(folder, 'earnings.jsonl'),
  socket: join(folder, 'agent.sock'),
})

export type RememberedCoordinator = CoordinatorPlace & { readonly rpcUrl: string }

export type ContributorFile = {
  readonly gateway: {
    /** Without `/v1`. */
    readonly origin: string
    readonly operator: Address
    readonly keys: readonly Address[]
  }
  readonly chain: {
    readonly chainId: number
    /** The contributor's own node. */
    readonly rpcUrl: string
    readonly contributorRegistry: Address
    readonly receiptVerifier: Address
    readonly settlement: Address
  }
  /** Where contracts ask whose jobs are answered, each with a node of its chain; undefined in folders of earlier versions. */
  readonly coordinators?: readonly RememberedCoordinator[] | undefined
  /** The operator account. */
  readonly contributor: Address
  /** Where the account's key is held elsewhere: who is asked to sign. Null: keystore.json. */
  readonly signerUrl: string | null
  readonly payout: {
    readonly token: Address
    readonly receiver: Address
    readonly minWithdrawDelayS: number
  }
  /** Unpaid work beyond which none is begun, in atomic units of the payout token. */
  readonly creditLimit: AtomicAmount
  /** What `vouch contribute` remembers for its next run; nobody else reads it. */
  readonly agent: Readonly<Record<string, unknown>>
}

const fileReader: Reader<ContributorFile> = objectReader<ContributorFile>(
  {
    gateway: objectReader<ContributorFile['gateway']>(
      { origin: textReader, operator: addressReader, keys: listReader(addressReader) },
      'ignored',
    ),
    chain: objectReader<ContributorFile['chain']>(
      {
        chainId: uint64Reader,
        rpcUrl: textReader,
        contributorRegistry: addressReader,
        receiptVerifier: addressReader,
        settlement: addressReader,
      },
      'ignored',
    ),
    coordinators: ifThere(
      listReader(
        objectReader<RememberedCoordinator>(
          { chainId: uint64Reader, coordinator: addressReader, rpcUrl: textReader },
          'ignored',
        ),
      ),
    ),
    contributor: addressReader,
    signerUrl: orNull(textReader),
    payout: objectReader<ContributorFile['payout']>(
      { token: addressReader, receiver: addressReader, minWithdrawDelayS: uint64Reader },
      'ignored',
    ),
    creditLimit: amountReader,
    agent: valueReader('an object', (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Readonly<Record<string, unknown>>)
        : undefined,
    ),
  },
  'ignored',
)

/** Undefined where nobody contributed from this folder yet. Throws CommandFailure for a file that is none. */
export function findContributorFile(folder: string): ContributorFile | undefined {
  const { file: path } = contributorPaths(folder)
  if (!existsSync(path)) return undefined
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandFailure(`${path} cannot be read (${codeOf(error)}): bring back a copy of it`)
  }
  const faults: ShapeFault[] = []
  const file = fileReader(value, { path: '', faults })
  if (file !== undefined) return file
  throw new CommandFailure(`${path} cannot be used: ${faults.map(describeShapeFault).join('; ')}`)
}

export function readContributorFile(folder: string): ContributorFile {
  const file = findContributorFile(folder)
  if (file !== undefined) return file
  throw new CommandFailure(
    `nobody contributes from ${folder}: 'vouch contribute' begins, --data names another folder`,
  )
}

/** On the disk when it returns. Makes the folder, for its owner's eyes alone. */
export function writeContributorFile(folder: string, file: ContributorFile): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const text = JSON.stringify(
    file,
    (_key, value) => (typeof value === 'bigint' ? String(value) : value),
    2,
  )
  writeDurably(contributorPaths(folder).file, `${text}\n`)
}
