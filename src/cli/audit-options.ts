import { parseArgs } from 'node:util'
import { type NoiseClass, noiseClasses } from '../auditor/noise-allowance.ts'
import type { TestTerms } from '../auditor/sequential-test.ts'
import { type Address, type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { needed, readAddress, readGatewayUrl, readUrl, readWhole } from './channel-options.ts'
import { CommandFailure } from './command.ts'

/** A folder of a model that answers are computed again with. */
type ReferenceOption = {
  readonly folder: string
  /** Of the Work that it stands for; undefined: the folder's own. */
  readonly modelId: Bytes32 | undefined
}

export type AuditOptions = {
  readonly origin: string
  readonly rpcUrl: string
  readonly keyFile: string
  readonly verifier: Address | undefined
  readonly references: readonly ReferenceOption[]
  readonly noiseClass: NoiseClass | undefined
  /** Undefined: as the class has it. */
  readonly knowsSampler: boolean | undefined
  readonly batches: { readonly from: number | undefined; readonly to: number | undefined }
  readonly canaries: number
  readonly apiKeyFile: string | undefined
  readonly promptsFile: string | undefined
  readonly canaryModel: string | undefined
  readonly everyS: number
  readonly stateFile: string
  readonly reportsFolder: string
  readonly evidenceFile: string
  readonly test: TestTerms
  readonly confirmations: number
  readonly threads: number
  readonly reports: boolean
  readonly json: boolean
}

export const auditHelp = `Usage: vouch audit --gateway URL --rpc URL --key FILE --model FOLDER [options]

Computes a sample of a gateway's answers again and says of each contributor whether it serves the
model that it names. Which receipts are looked at follows from the chain: the gateway opens exactly
those, and the command checks that it did, and that each is in the anchored log. What was decided
is signed and reported to the gateway. docs/audits.md has the protocol, docs/audit-statistics.md
what the tests can tell and how sure they are.

Where and who:
  --gateway URL            the gateway
  --rpc URL                a JSON-RPC node of the receipts' chain
  --key FILE               the auditor's signing key: the gateway must name its address
  --verifier ADDRESS       the ReceiptVerifier that you trust
                           [any that runs the same code as this version's]
  --confirmations N        blocks on top of the one that chooses                      [12]

What answers are held against:
  --model FOLDER           a model folder, for Works with its modelId; may be repeated
  --model MODELID=FOLDER   the same for Works with another one, such as llama.cpp's of the same
                           weights
  --class CLASS            how far honest answers may be off: same (this engine), float (these
                           weights in other arithmetic), int8 (rounded to eight bits)
                           [same for FOLDER, float for MODELID=FOLDER]
  --sampler vouch|unknown  whether a seed tells what is sampled, as docs/engine.md says
                           [vouch for same, else unknown]
  --threads N              threads of the reference; the engine's own default is 1        [1]

What is looked at:
  --batches FROM-TO        batches of the log                [what is new since the last run]
  --canaries N             requests of your own, for callers who let nobody keep theirs   [0]
  --api-key-file FILE      an ordinary API key that pays for them
  --prompts FILE           what clients ask: a text or a JSON body a line. Without it common
                           wordings are used, which are easier to tell from clients
  --canary-model NAME      the model that they ask for                [the first folder's name]
  --every SECONDS          mean time between two of them; 0: at once                     [30]

When something is decided:
  --false-alarm P          chance that an honest contributor is ever failed       [0.000001]
  --false-pass P           chance that one that is wrong in every twentieth answer passes
                                                                                     [0.01]
  --no-report              keep verdicts, and send none
  --state FILE             what is kept between runs                     [vouch-audit.json]
  --reports FOLDER         a report for each verdict                  [vouch-audit-reports]
  --evidence FILE          answers of who failed are added here, as evidence for a jury (S7) that
                           'vouch slash check' reads                   [vouch-faults.jsonl]
  --json                   one JSON value on standard output

Exit codes: 0 nothing wrong was found, 1 a contributor failed, the gateway said what is not so, or
something could not be asked, 2 unusable arguments.
`

const text = { type: 'string' } as const
const dayS = 86_400

export function parseAuditOptions(argv: readonly string[]): AuditOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      gateway: text,
      rpc: text,
      key: text,
      verifier: text,
      confirmations: text,
      model: { type: 'string', multiple: true },
      class: text,
      sampler: text,
      threads: text,
      batches: text,
      canaries: text,
      'api-key-file': text,
      prompts: text,
      'canary-model': text,
      every: text,
      'false-alarm': text,
      'false-pass': text,
      'no-report': { type: 'boolean', default: false },
      state: { type: 'string', default: 'vouch-audit.json' },
      reports: { type: 'string', default: 'vouch-audit-reports' },
      evidence: { type: 'string', default: 'vouch-faults.jsonl' },
      json: { type: 'boolean', default: false },
    },
  })
  const { verifier } = values
  const canaries = wholeFromZero('--canaries', values.canaries) ?? 0
  if (canaries > 0 && values['api-key-file'] === undefined) {
    throw new CommandFailure('--canaries needs --api-key-file', 2)
  }
  return {
    origin: needed('--gateway', readGatewayUrl(values.gateway)),
    rpcUrl: needed('--rpc', readUrl('--rpc', values.rpc)),
    keyFile: needed('--key', values.key),
    verifier: verifier === undefined ? undefined : readAddress('--verifier', verifier),
    references: needed('--model', values.model).map(referenceOf),
    noiseClass: readClass(values.class),
    knowsSampler: readSampler(values.sampler),
    batches: readBatches(values.batches),
    canaries,
    apiKeyFile: values['api-key-file'],
    promptsFile: values.prompts,
    canaryModel: values['canary-model'],
    everyS: Math.min(dayS, wholeFromZero('--every', values.every) ?? 30),
    stateFile: values.state,
    reportsFolder: values.reports,
    evidenceFile: values.evidence,
    test: {
      falseAlarmMax: readChance('--false-alarm', values['false-alarm']) ?? 1e-6,
      falsePassMax: readChance('--false-pass', values['false-pass']) ?? 0.01,
    },
    confirmations: wholeFromZero('--confirmations', values.confirmations) ?? 12,
    threads: readWhole('--threads', values.threads) ?? 1,
    reports: !values['no-report'],
    json: values.json,
  }
}

function referenceOf(option: string): ReferenceOption {
  const [modelId = '', ...folder] = option.split('=')
  return folder.length > 0 && isBytes32(modelId)
    ? { modelId: bytes32(modelId), folder: folder.join('=') }
    : { modelId: undefined, folder: option }
}

function readClass(option: string | undefined): NoiseClass | undefined {
  const known = noiseClasses.find((name) => name === option)
  if (option === undefined || known !== undefined) return known
  throw new CommandFailure(`--class is one of ${noiseClasses.join(', ')}, not '${option}'`, 2)
}

function readSampler(option: string | undefined): boolean | undefined {
  if (option === undefined) return undefined
  if (option === 'vouch' || option === 'unknown') return option === 'vouch'
  throw new CommandFailure(`--sampler is vouch or unknown, not '${option}'`, 2)
}

function readBatches(option: string | undefined): AuditOptions['batches'] {
  if (option === undefined) return { from: undefined, to: undefined }
  const [, from, to] = /^(\d{1,9})-(\d{1,9})$/.exec(option) ?? []
  if (from !== undefined && to !== undefined && Number(from) <= Number(to)) {
    return { from: Number(from), to: Number(to) }
  }
  throw new CommandFailure(`--batches takes FROM-TO, not '${option}'`, 2)
}

function readChance(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const chance = Number(given)
  if (chance > 0 && chance < 1) return chance
  throw new CommandFailure(`${option} takes a number between 0 and 1, not '${given}'`, 2)
}

function wholeFromZero(option: string, given: string | undefined): number | undefined {
  return given === '0' ? 0 : readWhole(option, given)
}
