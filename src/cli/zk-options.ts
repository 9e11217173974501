import { parseArgs } from 'node:util'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { defaultProverPlace, type ProverPlace } from '../prover/prover-place.ts'
import { CommandFailure } from './command.ts'

/** What a person asked of `vouch zk`. */
export type ZkOptions = {
  readonly action: string | undefined
  readonly operands: readonly string[]
  readonly ptau: string | undefined
  readonly ptauSha256: Bytes32 | undefined
  readonly contributor: string | undefined
  readonly beacon: string | undefined
  /** JSON rows of inputs. */
  readonly samplePath: string | undefined
  readonly iterationsExponent: number
  readonly place: ProverPlace
}

const iterationsExponentDefault = '10'

export function parseZkOptions(argv: readonly string[]): ZkOptions {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ptau: text,
      sha256: text,
      name: text,
      beacon: text,
      input: text,
      iterations: { type: 'string', default: iterationsExponentDefault },
      crs: text,
      srs: text,
      home: { type: 'string', default: defaultProverPlace.zkHome },
      provers: { type: 'string', default: defaultProverPlace.proversFolder },
    },
  })
  const [action, ...operands] = positionals
  const { crs, srs } = values
  const ceremony = {
    ...(crs === undefined ? {} : { crsFolder: crs }),
    ...(srs === undefined ? {} : { ezklSrs: srs }),
  }
  return {
    action,
    operands,
    ptau: values.ptau,
    ptauSha256: readHash(values.sha256),
    contributor: values.name,
    samplePath: values.input,
    beacon: readBeacon(values.beacon),
    iterationsExponent: readExponent(values.iterations),
    place: {
      ...defaultProverPlace,
      zkHome: values.home,
      proversFolder: values.provers,
      ...(Object.keys(ceremony).length === 0 ? {} : { ceremony }),
    },
  }
}

/** With or without 0x, as `sha256sum` prints it. */
function readHash(text: string | undefined): Bytes32 | undefined {
  if (text === undefined) return undefined
  const hex = text.startsWith('0x') ? text : `0x${text}`
  if (isBytes32(hex)) return bytes32(hex)
  throw new CommandFailure('--sha256 is 64 hex digits', 2)
}

function readBeacon(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const digits = text.replace(/^0x/, '').toLowerCase()
  if (/^([0-9a-f]{2}){8,255}$/.test(digits)) return digits
  throw new CommandFailure('--beacon is 8 to 255 bytes in hex, such as the hash of a block', 2)
}

/** snarkjs takes from 2^10 hashes to 2^63. */
function readExponent(text: string): number {
  const exponent = Number(text)
  if (Number.isInteger(exponent) && exponent >= 10 && exponent <= 63) return exponent
  throw new CommandFailure('--iterations is an exponent of two from 10 to 63', 2)
}

/** The value of an option that an action cannot do without. */
export function neededForZk<T>(option: string, value: T | undefined): T {
  if (value !== undefined) return value
  throw new CommandFailure(`${option} is needed; 'vouch zk --help' tells what for`, 2)
}
