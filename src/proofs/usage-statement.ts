/*
 * What a usage proof says of a stretch of one channel, and how it becomes the public inputs of the circuits in
 * circuits/noir (usage-batch, usage-tree) and of UsageProofs.sol. Everything that a single receipt says stays hidden but its
 * digest, of the first stretch's predecessor and of the last: the links between follow from `prevReceipt`.
 */
import { type Hex, hexOf } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  type UnixSeconds,
  unixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import { type ProofRefusal, refuse } from './proof-refusal.ts'
import { halvesOf, numberWord, type StatementReader, statementReader } from './statement-words.ts'

/** Different price sheets in one proof. */
export const usageSheetsMax = 4
/** Different pairs of contributor and signing key in one proof. */
export const usageSignersMax = 8

/** Who signed Works of the stretch, and within which time: a registry says whether the key was active at both ends. */
export type UsageSigner = {
  readonly contributor: Address
  /** 64 bytes, x ‖ y: a contract hashes them to the account of the signing key. */
  readonly publicKey: Hex
  readonly firstFinishedAt: UnixSeconds
  readonly lastFinishedAt: UnixSeconds
}

export type UsageStatement = {
  /** Hash of the receipts' EIP-712 domain: chain and ReceiptVerifier. */
  readonly domainSeparator: Bytes32
  readonly channelId: Bytes32
  /** Operator account of the gateway, as every Work names it. */
  readonly gateway: Address
  /** What all sheets are priced in: sums of two assets would mean nothing. */
  readonly asset: Address
  /** `channelSeq` of the first receipt; the others follow without a gap. */
  readonly firstSeq: number
  readonly count: number
  /** Sum of `cost`. */
  readonly total: AtomicAmount
  /** Sum of what sheets and tokens allow; no single cost is above its own. Equal to `total` where nobody charged less. */
  readonly priced: AtomicAmount
  /** `cumulative` of the last receipt. */
  readonly cumulative: AtomicAmount
  /** Receipts whose Work no contributor signed with a key of secp256k1, and what they cost: the gateway's word alone. */
  readonly unsignedCount: number
  readonly unsignedTotal: AtomicAmount
  /** Of the last receipt: at this time the gateway's signing key is looked up. */
  readonly lastFinishedAt: UnixSeconds
  /** Digest of the receipt before the first; zero where the first is the channel's first. */
  readonly previousDigest: Bytes32
  /** Digest of the last receipt: what the gateway signed, and what lies under an anchored root. */
  readonly lastDigest: Bytes32
  /** EIP-712 hashes of the price sheets, 1 to 4. */
  readonly priceHashes: readonly Bytes32[]
  /** 0 to 8. */
  readonly signers: readonly UsageSigner[]
}

/**
 * Which circuits a tree of batches was proven by: hashes of their keys, as bb makes them for verification inside a circuit. A
 * verifier pins them: under keys of its own choice a prover could prove anything.
 */
export type UsageTreeKeys = { readonly batchKey: Bytes32; readonly treeKey: Bytes32 }

/** Of a batch, which rests on no other proof. */
export const noTreeKeys: UsageTreeKeys = { batchKey: zeroBytes32, treeKey: zeroBytes32 }

/** Field elements of a statement and of the keys behind it. */
export const usageInputCount: number = 18 + 2 * usageSheetsMax + 6 * usageSignersMax + 2

export function usagePublicInputs(
  statement: UsageStatement,
  keys: UsageTreeKeys = noTreeKeys,
): readonly Bytes32[] {
  const padding = usageSheetsMax - statement.priceHashes.length
  const unusedSigners = usageSignersMax - statement.signers.length
  return [
    ...halvesOf(statement.domainSeparator),
    ...halvesOf(statement.channelId),
    numberWord(statement.gateway),
    numberWord(statement.asset),
    numberWord(statement.firstSeq),
    numberWord(statement.count),
    numberWord(statement.total),
    numberWord(statement.priced),
    numberWord(statement.cumulative),
    numberWord(statement.unsignedCount),
    numberWord(statement.unsignedTotal),
    numberWord(statement.lastFinishedAt),
    ...halvesOf(statement.previousDigest),
    ...halvesOf(statement.lastDigest),
    ...statement.priceHashes.flatMap(halvesOf),
    ...Array<Bytes32>(2 * padding).fill(zeroBytes32),
    ...statement.signers.flatMap(signerWords),
    ...Array<Bytes32>(6 * unusedSigners).fill(zeroBytes32),
    keys.batchKey,
    keys.treeKey,
  ]
}

const signerWords = (signer: UsageSigner): readonly Bytes32[] => [
  numberWord(signer.contributor),
  ...halvesOf(hexOf(signer.publicKey.slice(2, 66)) as Bytes32),
  ...halvesOf(hexOf(signer.publicKey.slice(66)) as Bytes32),
  numberWord((BigInt(signer.firstFinishedAt) << 64n) | BigInt(signer.lastFinishedAt)),
]

export type UsageInputs = { readonly statement: UsageStatement; readonly keys: UsageTreeKeys }

/** What public inputs of usage-batch or usage-tree say. */
export function readUsageInputs(inputs: readonly Bytes32[]): Result<UsageInputs, ProofRefusal> {
  const statement = readStatement(statementReader(inputs))
  const [batchKey = zeroBytes32, treeKey = zeroBytes32] = inputs.slice(usageInputCount - 2)
  const keys = { batchKey, treeKey }
  const same =
    statement !== undefined &&
    inputs.length === usageInputCount &&
    usagePublicInputs(statement, keys).every((word, index) => word === inputs[index])
  return same
    ? ok({ statement, keys })
    : refuse('public_inputs_malformed', 'the public inputs are not those of a usage statement')
}

function readStatement(read: StatementReader): UsageStatement | undefined {
  const fixed = {
    domainSeparator: read.word(),
    channelId: read.word(),
    gateway: read.address(),
    asset: read.address(),
    firstSeq: readNumber(read),
    count: readNumber(read),
    total: readAmount(read),
    priced: readAmount(read),
    cumulative: readAmount(read),
    unsignedCount: readNumber(read),
    unsignedTotal: readAmount(read),
    lastFinishedAt: readTime(read.uint(64)),
    previousDigest: read.word(),
    lastDigest: read.word(),
  }
  const sheets = Array.from({ length: usageSheetsMax }, read.word)
  const signers = Array.from({ length: usageSignersMax }, () => readSigner(read))
  if (!isWhole(fixed) || !sheets.every(isRead) || !signers.every(isRead)) return undefined
  return {
    ...fixed,
    priceHashes: sheets.filter((hash) => hash !== zeroBytes32),
    signers: signers.filter(({ contributor }) => contributor !== zeroAddress),
  }
}

function readSigner(read: StatementReader): UsageSigner | undefined {
  const contributor = read.address()
  const x = read.word()
  const y = read.word()
  const times = read.uint(128)
  if (contributor === undefined || x === undefined || y === undefined || times === undefined) {
    return undefined
  }
  const firstFinishedAt = readTime(times >> 64n)
  const lastFinishedAt = readTime(times & (2n ** 64n - 1n))
  if (firstFinishedAt === undefined || lastFinishedAt === undefined) return undefined
  return { contributor, publicKey: hexOf(x.slice(2) + y.slice(2)), firstFinishedAt, lastFinishedAt }
}

const readNumber = (read: StatementReader): number | undefined => exact(read.uint(64))
const readTime = (value: bigint | undefined): UnixSeconds | undefined => {
  const seconds = exact(value)
  return seconds === undefined ? undefined : unixSeconds(seconds)
}
const readAmount = (read: StatementReader): AtomicAmount | undefined => {
  const value = read.uint(128)
  return value === undefined ? undefined : atomic(value)
}

/** Sequence numbers and times of receipts stay below 2^53, as docs/receipts.md says. */
const exact = (value: bigint | undefined): number | undefined =>
  value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value)

const isRead = <T>(value: T | undefined): value is T => value !== undefined

const isWhole = <T extends object>(
  members: T,
): members is T & { readonly [K in keyof T]: NonNullable<T[K]> } =>
  Object.values(members).every(isRead)
