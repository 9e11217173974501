import { type Key, type Meaning, ofDefaults, optional, section } from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { integer, text, textLike } from './config-values.ts'
import { type Bytes32, bytes32 } from './domain/units.ts'

/** How proofs of answers are made. */
export type ProvingConfig = {
  /** Undefined: as they lie beside this package. */
  readonly proversFolder: string | undefined
  readonly homeFolder: string | undefined
  readonly rapidsnark: string | undefined
  /** Undefined: keys that anybody can forge proofs with. */
  readonly ceremony: CeremonyConfig | undefined
  readonly threads: number
  readonly concurrency: number
  readonly queueMax: number
  readonly queuePerAccountMax: number
  readonly timeoutMs: number
  readonly memoryBytesMax: number
  readonly retentionMs: number
}

type CeremonyConfig = {
  readonly ptauSha256: Bytes32 | undefined
  readonly crsFolder: string | undefined
}

const ceremonyOf = (
  ptauSha256: string | undefined,
  crsFolder: string | undefined,
): CeremonyConfig | undefined =>
  ptauSha256 === undefined && crsFolder === undefined
    ? undefined
    : { ptauSha256: ptauSha256 === undefined ? undefined : bytes32(ptauSha256), crsFolder }

const msPerSecond = 1_000
const msPerHour = 3_600_000
const mebibyte = 1024 * 1024

export const provingSection: Key<Meaning<Pick<NamedFiles, 'resolve'>, ProvingConfig>> = ofDefaults(
  section({
    says: 'How proofs of the answers of provable models are made; docs/inference.md tells the whole.',
    keys: {
      provers: optional(
        text({
          says: "Folder whose node_modules has the provers. Default: circuits/ of this package, where 'npm run zk:install' puts them.",
        }),
      ),
      home: optional(
        text({
          says: 'Folder for setups and the work of provers. Default: .vouch/zk of this package.',
        }),
      ),
      rapidsnark: optional(
        text({ says: 'A rapidsnark binary that proves groth16 in the place of snarkjs.' }),
      ),
      ptauSha256: optional(
        textLike({
          says: 'sha256 of the phase-1 file that the keys of groth16 circuits come from. Without it and crs: development keys.',
          pattern: '^0x[0-9a-fA-F]{64}$',
          expected: '0x and 64 hex digits',
        }),
      ),
      crs: optional(
        text({
          says: "Folder with Aztec's bn254_g1.dat and bn254_g2.dat, which ultrahonk proves with.",
        }),
      ),
      threads: integer({
        says: 'Processor threads of one proof, where its prover can be told.',
        min: 1,
        max: 256,
        default: 2,
      }),
      concurrency: integer({
        says: 'Proofs that are made at the same time.',
        min: 1,
        max: 64,
        default: 1,
      }),
      queueMax: integer({
        says: 'Proofs that wait for their turn. The next one is refused with 429.',
        min: 0,
        max: 10_000,
        default: 64,
      }),
      queuePerAccountMax: integer({
        says: 'How many of them may be of one payment channel.',
        min: 1,
        max: 10_000,
        default: 8,
      }),
      timeoutS: integer({
        says: 'How long one proof may take from its turn on. Then it is not charged.',
        min: 1,
        max: 86_400,
        default: 600,
      }),
      memoryMebibytesMax: integer({
        says: 'Memory of one proof, all processes of its prover together.',
        min: 64,
        max: 1_048_576,
        default: 4_096,
      }),
      retentionHours: integer({
        says: 'How long a job can be asked for after its end. Its receipt, with the proof, is kept longer.',
        min: 1,
        max: 8_760,
        default: 24,
      }),
    },
    read: ({ values }, { resolve }: Pick<NamedFiles, 'resolve'>) => ({
      proversFolder: values.provers && resolve(values.provers),
      homeFolder: values.home && resolve(values.home),
      rapidsnark: values.rapidsnark && resolve(values.rapidsnark),
      ceremony: ceremonyOf(values.ptauSha256, values.crs && resolve(values.crs)),
      threads: values.threads,
      concurrency: values.concurrency,
      queueMax: values.queueMax,
      queuePerAccountMax: values.queuePerAccountMax,
      timeoutMs: values.timeoutS * msPerSecond,
      memoryBytesMax: values.memoryMebibytesMax * mebibyte,
      retentionMs: values.retentionHours * msPerHour,
    }),
  }),
)
