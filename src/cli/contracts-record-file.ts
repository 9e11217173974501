import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { DeploymentTerms, HomeVerifier } from '../chain/deployment-contracts.ts'
import { objectReader, type Reader, type ShapeFault, valueReader } from '../client/object-reader.ts'
import { address, atomic, bytes32, isAddress, isBytes32 } from '../domain/units.ts'
import { CommandFailure } from './command.ts'
import {
  type DeploymentRecord,
  type Facts,
  type RecordedPart,
  type RecordedParts,
  recordText,
} from './contracts-record.ts'
import { codeOf, describeShapeFault } from './read-trust.ts'

export const recordPath = (outFolder: string, chainId: number): string =>
  join(outFolder, `${chainId}.json`)

/** Undefined where there is no such file. Throws CommandFailure for one that is no record. */
export function readRecord(path: string): DeploymentRecord | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
  const faults: ShapeFault[] = []
  const record = recordReader(parseJson(text), { path: '', faults })
  if (record !== undefined) return record
  const [first] = faults.map(describeShapeFault)
  throw new CommandFailure(
    `${path} is no deployments file (${first}): restore it from a copy, or move it away and deploy again with the same options, which sends only what is missing`,
  )
}

/** Whole or not at all, whenever the machine stops. */
export function writeRecord(path: string, record: DeploymentRecord): void {
  const draft = `${path}.new`
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(draft, 'w')
    try {
      writeFileSync(file, recordText(record))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    throw new CommandFailure(`cannot write ${path} (${codeOf(error)}): check the folder of --out`)
  }
}

/** What is no JSON is read as nothing, and the record's reader says that it is no object. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const addressReader = valueReader('an address as 0x and 40 hex digits', (value) =>
  isAddress(value) ? address(value) : undefined,
)
const bytes32Reader = valueReader('32 bytes as 0x and 64 hex digits', (value) =>
  isBytes32(value) ? bytes32(value) : undefined,
)

const wholeReader = (max: number): Reader<number> =>
  valueReader(`a whole number up to ${max}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
      ? value
      : undefined,
  )

/** 28 digits are below 2^96, which is what the contracts hold. */
const amountReader = valueReader('an amount of up to 28 decimal digits, in quotes', (value) =>
  typeof value === 'string' && /^\d{1,28}$/.test(value) ? atomic(BigInt(value)) : undefined,
)

function readPart(value: unknown): RecordedPart | undefined {
  if (!isObject(value)) return undefined
  const { transactionHash, ...facts } = value
  if (transactionHash === undefined) return { transactionHash, facts: facts as Facts }
  if (!isBytes32(transactionHash)) return undefined
  return { transactionHash: bytes32(transactionHash), facts: facts as Facts }
}

const partsReader: Reader<RecordedParts> = (value, { path, faults }) => {
  if (!isObject(value)) {
    faults.push({ path, expected: 'an object', found: 'something else' })
    return undefined
  }
  const parts: Record<string, RecordedPart> = {}
  for (const [name, member] of Object.entries(value)) {
    const part = readPart(member)
    if (part === undefined) {
      const expected = 'an object with a transactionHash of 32 bytes or none'
      faults.push({ path: `${path}.${name}`, expected, found: 'something else' })
      return undefined
    }
    parts[name] = part
  }
  return parts
}

const homeReader = valueReader('"here", or chainId and verifier', readHome)

function readHome(value: unknown): 'here' | HomeVerifier | undefined {
  if (value === 'here') return value
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined
  const { chainId, verifier } = value
  if (!Number.isSafeInteger(chainId) || !isAddress(verifier)) return undefined
  return { chainId: Number(chainId), verifier: address(verifier) }
}

const termsReader = objectReader<DeploymentTerms>(
  {
    asset: valueReader('an address or "DevUSD"', (value) =>
      isAddress(value) ? address(value) : value === 'DevUSD' ? value : undefined,
    ),
    minStake: amountReader,
    unbondingDelayS: wholeReader(2 ** 40 - 1),
    insurance: addressReader,
    admin: addressReader,
    quoteVerifier: addressReader,
    proofVerifier: valueReader('an address or "ModelProofs"', (value) =>
      isAddress(value) ? address(value) : value === 'ModelProofs' ? value : undefined,
    ),
    nonDeliveryPenalty: amountReader,
    proofBond: amountReader,
    inclusionPenalty: amountReader,
    panelMemberBond: amountReader,
    panelAccuserBond: amountReader,
    panelSilenceFine: amountReader,
    panelSlashBps: wholeReader(2 ** 16 - 1),
    home: homeReader,
  },
  'refused',
)

const recordReader = objectReader<DeploymentRecord>(
  {
    chainId: wholeReader(Number.MAX_SAFE_INTEGER),
    deployer: addressReader,
    salt: bytes32Reader,
    terms: termsReader,
    contracts: partsReader,
    appointments: partsReader,
  },
  'refused',
)
