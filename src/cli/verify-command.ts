import { readFile, stat } from 'node:fs/promises'
import { WriteStream } from 'node:tty'
import { upstreamBodyBytesMax } from '../base/limits.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { type CheckLine, conclude, fails, holds, joinLines } from '../client/check-line.ts'
import { checkFurther } from '../client/further-checks.ts'
import type { ShapeFault } from '../client/object-reader.ts'
import { parseReceiptDocument, receiptDocumentBytesMax } from '../client/parse-receipt-document.ts'
import { recoverSigners } from '../client/recover-signers.ts'
import type { TrustAnchors } from '../client/trust-anchors.ts'
import { verifyOnChain } from '../client/verify-on-chain.ts'
import { type Verification, verifyReceipt } from '../client/verify-receipt.ts'
import type { Address } from '../domain/units.ts'
import { type Command, CommandFailure, type Terminal, terminal } from './command.ts'
import {
  formatVerification,
  type ReportStyle,
  type VerificationReport,
  verificationJson,
} from './format-verification.ts'
import { linesOfProofFile } from './proof-lines.ts'
import { codeOf, describeShapeFault, readLocalTrust, readTrustFile } from './read-trust.ts'
import { parseVerifyOptions, standardInput, type VerifyOptions } from './verify-options.ts'

const help = `Usage: vouch verify RECEIPT.json [options]
       vouch verify PROOF.json [--vk FILE] [--manifest FILE] [--dev-insecure]

Checks a receipt line by line, offline and, with --rpc, on its chain. RECEIPT.json is what
GET /v1/receipts/{id} answered; "-" reads it from standard input. A proof by itself
(what 'vouch prove' writes, or a prover) is verified against its key: Groth16 and UltraHonk,
without a prover.

What the receipt is about (what you leave out is not checked, and a line says so):
  --content FILE          the answer's text, byte for byte, without a line feed added at the end;
                          or the answer's tool_calls array as JSON. For an answer with n > 1
                          choices give it once for each choice, in order
  --request FILE          the request body as you sent it
  --response FILE         the response body as you received it, "data: [DONE]" included
  --opening FILE          what opens the commitment to the answer's tokens (tier 4)
  --manifest FILE         the model's manifest, which names the key that proves it (tier 64)
  --vk FILE               that verification key, for a proof that does not carry it; for a proof by
                          itself, the key that you know to be its circuit's
  --dev-insecure          take a proof by itself though its keys are for development: anybody can
                          forge such a proof

Whom you trust (a receipt names its own contract, operators and keys; something must come from
elsewhere, or the verdict is "not proven"):
  --trust FILE            contract, operators and keys, as docs/receipts.md describes;
                          default: what a 'vouch dev' in this folder left in .vouch/*/trust.json,
                          if it is the receipt's gateway
  --rpc URL               ask this JSON-RPC node: the verifier contract and its registries
  --verifier ADDRESS      the ReceiptVerifier contract that you trust, on the receipt's chain;
                          default: any that runs the same code as this vouch version's
  --log URL               ask the gateway at this URL, without /v1, whether its transparency log has
                          the receipt, with --rpc also whether the chain has the log, and whether
                          the receipt's key endorses the gateway's other keys
  --chain ID              of --verifier, for a proof by itself, which names none
  --model-proofs ADDRESS  the contract that judges proofs of models (tier 64, with --rpc);
                          default: the one that the receipt's verifier leads to
  --settlement ADDRESS    the contract that holds the channels; default: x402's own address
  --gateway-key ADDRESS   a signing key that you know to be the gateway's; may be repeated
  --contributor-key ADDRESS
                          the same for the contributor
  --auditor ADDRESS       trust this account's verdicts (tier 8), which --log hands out; may be repeated

What you ask of the receipt:
  --gateway ADDRESS       only a receipt of this gateway (operator address)
  --model HASH            only for this modelId
  --tiers MASK            must have these tiers, e.g. 3 for gateway- and contributor-signed
  --max-age AGE           finished at most this long ago: 90s, 15m, 12h, 1d

Output:
  --json                  one JSON value instead of text
  --plain                 ASCII only, no colours (so does NO_COLOR)
  --help                  this text

Exit codes: 0 everything that was checked holds, and the keys are known · 1 something does not hold,
is not proven, or is no receipt · 2 unusable arguments

Examples:
  vouch verify receipt.json --content answer.txt
  vouch verify receipt.json --content answer.txt --rpc http://127.0.0.1:8545 --verifier 0x…
  curl -s $BASE_URL/receipts/$ID -H "authorization: Bearer $KEY" | vouch verify -
`

/** Everything outside that a run touches. */
export type Surroundings = {
  readonly terminal: Terminal
  readonly nowMs: () => number
  readonly readStandardInput: () => Promise<Buffer>
  /** Where the data folders of `vouch dev` are looked for. */
  readonly folder: string
  readonly style: ReportStyle
}

/** Resolves with the exit code; throws CommandFailure for what cannot be used or read. */
export async function runVerify(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const options = parseVerifyOptions(argv)
  const report = await verifyFiles(options, surroundings)
  const style = options.plain ? { ascii: true, coloured: false } : surroundings.style
  const text = options.json ? [verificationJson(report)] : formatVerification(report, style)
  for (const line of text) surroundings.terminal.print(line)
  return conclude(report.lines) === 'holds' ? 0 : 1
}

async function verifyFiles(
  options: VerifyOptions,
  surroundings: Surroundings,
): Promise<VerificationReport> {
  const read = (file: string) => readInput(file, surroundings.readStandardInput)
  const document = await read(options.receiptFile)
  const { folder } = surroundings
  const ofProof = await linesOfProofFile(document, options, {
    read,
    anchorsOf: (gateway) => gatherAnchors(options, { gateway, chainId: options.chainId, folder }),
  })
  if (ofProof !== undefined) {
    return { receipt: undefined, lines: ofProof.ok ? ofProof.value : shapeFaults(ofProof.error) }
  }
  const parsed = parseReceiptDocument(document)
  if (!parsed.ok) return { receipt: undefined, lines: shapeFaults(parsed.error) }
  const readIfGiven = async (file: string | undefined) =>
    file === undefined ? undefined : await read(file)
  const verification: Verification = {
    receipt: parsed.value,
    evidence: {
      content: await Promise.all(options.contentFiles.map(read)),
      request: await readIfGiven(options.requestFile),
      response: await readIfGiven(options.responseFile),
      opening: await readIfGiven(options.openingFile),
      manifest: await readIfGiven(options.manifestFile),
      verificationKey: await readIfGiven(options.keyFile),
    },
    anchors: await gatherAnchors(options, {
      gateway: parsed.value.receipt.work.gateway,
      chainId: parsed.value.domain.chainId,
      folder,
    }),
    policy: options.policy,
    nowMs: surroundings.nowMs(),
  }
  const shape = holds('shape', `a receipt of ${document.length} bytes, every field in range`)
  const offline = [shape, ...verifyReceipt(verification)]
  const rpc = options.rpcUrl === undefined ? undefined : jsonRpc(options.rpcUrl)
  const onChain = rpc === undefined ? [] : await verifyOnChain(rpc, verification)
  const further = await checkFurther({
    verification,
    signers: recoverSigners(parsed.value),
    gateway:
      options.gatewayUrl === undefined
        ? undefined
        : { origin: options.gatewayUrl, authorization: undefined },
    rpc,
  })
  return { receipt: parsed.value, lines: joinLines(offline, [...onChain, ...further]) }
}

/** A file of another kind has faults everywhere; a person needs the first few. */
const faultsShownMax = 10

function shapeFaults(faults: readonly ShapeFault[]): readonly CheckLine[] {
  const shown = faults
    .slice(0, faultsShownMax)
    .map((fault) => fails('shape', describeShapeFault(fault)))
  const hidden = faults.length - shown.length
  return hidden === 0 ? shown : [...shown, fails('shape', `and ${hidden} more of the kind`)]
}

/** The trust file and, before it, what the command line says. */
async function gatherAnchors(
  options: VerifyOptions,
  context: {
    readonly gateway: Address
    /** Of what is verified; undefined where neither it nor the person names one. */
    readonly chainId: number | undefined
    readonly folder: string
  },
): Promise<TrustAnchors> {
  const { trustFile } = options
  const file =
    trustFile === undefined
      ? await readLocalTrust(context.folder, context.gateway)
      : await readTrustFile(trustFile)
  const { verifier, settlement, gatewayKeys, contributorKeys } = options
  const chainId = context.chainId ?? file.receiptVerifier?.chainId
  if (verifier !== undefined && chainId === undefined) {
    throw new CommandFailure('--verifier stands on which chain? Add --chain', 2)
  }
  const given = (key: TrustAnchors['gatewayKeys'][number]['key']) => ({ operator: undefined, key })
  return {
    receiptVerifier:
      verifier === undefined || chainId === undefined
        ? file.receiptVerifier
        : { chainId, verifyingContract: verifier },
    channelSettlement: settlement ?? file.channelSettlement,
    gatewayKeys: [...gatewayKeys.map(given), ...file.gatewayKeys],
    contributorKeys: [...contributorKeys.map(given), ...file.contributorKeys],
    auditors: options.auditors,
    modelProofs: options.modelProofs,
  }
}

/** A bound for everything that is read: no answer of a gateway is longer than what it buffers. */
const inputBytesMax: number = Math.max(upstreamBodyBytesMax, receiptDocumentBytesMax)

async function readInput(
  file: string,
  readStandardInput: Surroundings['readStandardInput'],
): Promise<Buffer> {
  if (file === standardInput) return readStandardInput()
  try {
    const { size } = await stat(file)
    if (size > inputBytesMax) {
      throw new CommandFailure(`${file} has ${size} bytes; at most ${inputBytesMax} can be read`)
    }
    return await readFile(file)
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    throw new CommandFailure(`cannot read ${file} (${codeOf(error)})`)
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > inputBytesMax) throw new CommandFailure('standard input is too long')
  }
  return Buffer.concat(chunks)
}

/** Node's own reading of NO_COLOR, TERM and their kin. */
const colourless = (): boolean => WriteStream.prototype.getColorDepth() === 1

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check a receipt or a proof, offline and on its chain, line by line',
  help,
  run: (argv) =>
    runVerify(argv, {
      terminal,
      nowMs: Date.now,
      readStandardInput,
      folder: '.',
      style: { ascii: colourless(), coloured: process.stdout.isTTY && !colourless() },
    }),
}
