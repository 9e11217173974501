import { parseArgs } from 'node:util'
import { auditVerdictDigest } from '../chain/audit-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import { readVerdicts, readVerdictTerms, type VerdictTerms } from '../client/gateway-verdicts.ts'
import { auditMethod, type SignedVerdict } from '../domain/audit.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { readAddress, readUrl } from './channel-options.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'

const help = `Usage: vouch audits [options]

What auditors found at a gateway, the newest first: a line for each verdict, its signature checked here. To audit one
yourself is 'vouch audit'.

Options:
  --gateway URL          the gateway (default: http://127.0.0.1:8787)
  --contributor ADDRESS  only of this contributor's operator account
  --model ID             only of this model: 0x and 64 digits, as receipts have it
  --json                 one JSON value on standard output

Exit codes: 0 every verdict is its auditor's, 1 one is not, or the gateway refused or could not be reached, 2 unusable arguments.
`

const usualGateway = 'http://127.0.0.1:8787'

/** Whose word a verdict is. */
type Standing = 'named' | 'not named' | 'false'
type Judged = SignedVerdict & { readonly standing: Standing }

async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      gateway: { type: 'string' },
      contributor: { type: 'string' },
      model: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const gateway = readUrl('--gateway', values.gateway) ?? usualGateway
  const origin = gateway.replace(/\/+(v1\/*)?$/, '')
  const contributor =
    values.contributor === undefined ? undefined : readAddress('--contributor', values.contributor)
  const asked = { contributor, modelId: modelOf(values.model) }
  const terms = orGatewayFailure(await readVerdictTerms(origin))
  const verdicts = orGatewayFailure(await readVerdicts(origin, asked)).map((signed) => ({
    ...signed,
    standing: standingOf(terms, signed),
  }))
  if (values.json) terminal.print(JSON.stringify({ data: verdicts }, undefined, 2))
  else for (const line of linesOf(verdicts)) terminal.print(line)
  return verdicts.some(({ standing }) => standing === 'false') ? 1 : 0
}

function modelOf(text: string | undefined): Bytes32 | undefined {
  if (text === undefined) return undefined
  if (isBytes32(text)) return bytes32(text)
  throw new CommandFailure('--model is the id of a model: 0x and 64 hex digits', 2)
}

/** `false`: nobody, or somebody else, signed it, or it is about another gateway. */
function standingOf(terms: VerdictTerms, { verdict, signature }: SignedVerdict): Standing {
  const digest = auditVerdictDigest(receiptDomain(terms.domain), verdict)
  const isOwn = verdict.gateway === terms.gateway
  if (!isOwn || recoverSigner(digest, signature) !== verdict.auditor) return 'false'
  return terms.auditors.includes(verdict.auditor) ? 'named' : 'not named'
}

function linesOf(verdicts: readonly Judged[]): readonly string[] {
  if (verdicts.length === 0) return ['no auditor has said anything']
  return verdicts.flatMap(({ verdict, standing }) => {
    const at = new Date(verdict.issuedAt * 1000).toISOString().slice(0, 16).replace('T', ' ')
    const outcome = verdict.passed ? 'passed' : 'FAILED'
    const how = verdict.method === auditMethod.bitForBit ? 'bit for bit' : 'token statistics'
    const { samples, canaries, unopened, tokens, matchedTokens, firstSeq, lastSeq } = verdict
    return [
      `${at}  ${outcome}  ${verdict.contributor}  model ${verdict.modelId.slice(0, 10)}…`,
      `    ${how}: ${matchedTokens} of ${tokens} tokens, ${samples} answers (${canaries} canaries), ${unopened} not opened, receipts ${firstSeq} to ${lastSeq}`,
      `    by ${verdict.auditor}${said[standing]}`,
    ]
  })
}

const said: Readonly<Record<Standing, string>> = {
  named: '',
  'not named': ', whom the operator does not name',
  false: ': THE SIGNATURE IS NOT OF THIS AUDITOR OVER THIS VERDICT',
}

export const auditsCommand: Command = {
  name: 'audits',
  summary: 'list what auditors found at a gateway',
  help,
  run,
}
