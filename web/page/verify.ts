/*
 * The page where a receipt is dropped and its verdict is drawn. The checks are those of `vouch verify`, the very same files:
 * the page adds nothing but fields and words.
 */
import { utf8Bytes, utf8Text } from '../../src/base/bytes.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { type CheckLine, fails, holds, joinLines } from '../../src/client/check-line.ts'
import { checkFurther } from '../../src/client/further-checks.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
  receiptDocumentBytesMax,
} from '../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import { verifyOnChain } from '../../src/client/verify-on-chain.ts'
import { proofDocumentBytesMax } from '../../src/client/verify-proof-document.ts'
import { type Verification, verifyReceipt } from '../../src/client/verify-receipt.ts'
import { isProofFile, linesOfProof, listenToKey } from './check-proof-alone.ts'
import { byId, make } from './dom.ts'
import { clearVerdict, drawConclusion, drawLines, showWorking } from './draw-verdict.ts'
import { example } from './example.ts'
import {
  type ByteField,
  bytesOf,
  type Inputs,
  readInputs,
  readUrl,
  setBytes,
} from './read-inputs.ts'

const byteFields: readonly ByteField[] = ['receipt', 'request', 'response', 'content', 'manifest']
const isOwnCopy = location.protocol === 'file:'

/** The newest run draws; an older one that still waits for a node has nothing to say any more. */
let newestRun = 0

async function run(): Promise<void> {
  newestRun += 1
  const number = newestRun
  const isNewest = () => number === newestRun
  const document = bytesOf('receipt')
  if (document === undefined) return clearVerdict()
  const inputs = readInputs()
  if (inputs === undefined) {
    const wrong = globalThis.document.querySelector<HTMLInputElement>('[aria-invalid="true"]')
    wrong?.closest('details')?.setAttribute('open', '')
    wrong?.reportValidity()
    return
  }
  if (isProofFile(document)) {
    showWorking('in this browser')
    const startedAt = performance.now()
    const lines = await linesOfProof(document, inputs)
    tellCost(performance.now() - startedAt)
    if (isNewest()) await drawLines(lines)
    if (isNewest()) drawConclusion(lines, undefined)
    return
  }
  const parsed = parseReceiptDocument(document)
  if (!parsed.ok) {
    const lines = parsed.error
      .slice(0, 10)
      .map(({ path, expected, found }) =>
        fails('shape', `${path || 'the document'}: expected ${expected}, found ${found}`),
      )
    await drawLines(lines)
    drawConclusion(lines, undefined)
    return
  }
  showWorking(
    inputs.rpcUrl === undefined ? 'in this browser' : `asking ${new URL(inputs.rpcUrl).host}`,
  )
  const startedAt = performance.now()
  const verification = verificationOf(parsed.value, inputs)
  const shape = holds('shape', `a receipt of ${document.length} bytes, every field in range`)
  const offline = [shape, ...verifyReceipt(verification)]
  const ms = performance.now() - startedAt
  const lines = joinLines(offline, await linesFromOutside(verification, inputs))
  if (!isNewest()) return
  tellCost(ms)
  await drawLines(lines)
  if (isNewest()) drawConclusion(lines, parsed.value)
}

function tellCost(ms: number): void {
  byId('cost', HTMLElement).textContent =
    `The checks that need nobody else took ${ms.toFixed(1)} ms here.`
}

const verificationOf = (receipt: ParsedReceipt, inputs: Inputs): Verification => {
  const content = bytesOf('content')
  return {
    receipt,
    evidence: {
      content: content === undefined ? [] : [content],
      request: bytesOf('request'),
      response: bytesOf('response'),
      manifest: bytesOf('manifest'),
      verificationKey: inputs.verificationKey,
    },
    anchors: inputs.anchors(receipt.domain.chainId),
    policy: inputs.policy,
    nowMs: Date.now(),
  }
}

async function linesFromOutside(
  verification: Verification,
  { rpcUrl, gatewayUrl }: Inputs,
): Promise<readonly CheckLine[]> {
  const rpc = rpcUrl === undefined ? undefined : jsonRpc(rpcUrl)
  const [onChain, further] = await Promise.all([
    rpc === undefined ? [] : verifyOnChain(rpc, verification),
    checkFurther({
      verification,
      signers: recoverSigners(verification.receipt),
      gateway:
        gatewayUrl === undefined ? undefined : { origin: gatewayUrl, authorization: undefined },
      rpc,
    }),
  ])
  return [...onChain, ...further]
}

/** No answer of a gateway is longer than what it buffers. */
const fileBytesMax = 32 * 1024 * 1024
/** Of a receipt, or of a proof in its place. */
const documentBytesMax = Math.max(receiptDocumentBytesMax, proofDocumentBytesMax)

async function takeFile(field: ByteField, file: File): Promise<void> {
  const bytesMax = field === 'receipt' ? documentBytesMax : fileBytesMax
  if (file.size > bytesMax) return note(field, `${file.name} has more than ${bytesMax} bytes`)
  const bytes = new Uint8Array(await file.arrayBuffer())
  byId(field, HTMLTextAreaElement).value = utf8Text(bytes)
  setBytes(field, bytes)
  note(field, `${file.name}, ${bytes.length} bytes`)
  if (field === 'receipt') await run()
}

function note(field: ByteField, text: string): void {
  const place = document.getElementById(`${field}-note`)
  if (place !== null) place.textContent = text
}

function listenToField(field: ByteField): void {
  const area = byId(field, HTMLTextAreaElement)
  area.addEventListener('input', () => {
    setBytes(field, undefined)
    note(field, '')
  })
  if (field === 'receipt') area.addEventListener('paste', () => setTimeout(() => void run()))
  const chooser = byId(`${field}-file`, HTMLInputElement)
  chooser.addEventListener('change', () => {
    const [file] = chooser.files ?? []
    if (file !== undefined) void takeFile(field, file)
    // The same file, changed on disk, can be chosen again.
    chooser.value = ''
  })
  const zone = document.querySelector(`[data-for="${field}"]`)
  zone?.addEventListener('dragover', (event) => {
    event.preventDefault()
    zone.classList.add('over')
  })
  zone?.addEventListener('dragleave', () => zone.classList.remove('over'))
  zone?.addEventListener('drop', (event) => {
    zone.classList.remove('over')
    const [file] = (event as DragEvent).dataTransfer?.files ?? []
    if (file === undefined) return
    event.preventDefault()
    void takeFile(field, file)
  })
}

async function fetchReceipt(): Promise<void> {
  const status = byId('fetch-status', HTMLElement)
  const gatewayUrl = readUrl('gateway-url')
  const id = byId('receipt-id', HTMLInputElement).value.trim()
  const key = byId('key', HTMLInputElement).value.trim()
  if (gatewayUrl === undefined || id === '') {
    status.textContent = 'Name the gateway and the receipt.'
    return
  }
  status.textContent = 'Fetching…'
  try {
    const response = await fetch(`${gatewayUrl}/v1/receipts/${encodeURIComponent(id)}`, {
      headers: key === '' ? {} : { authorization: `Bearer ${key}` },
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
    })
    const text = await response.text()
    if (!response.ok) {
      status.textContent = `The gateway answered ${response.status}: ${messageOf(text)}`
      return
    }
    put('receipt', text)
    status.textContent = 'Here it is.'
    await run()
  } catch {
    status.textContent = isOwnCopy
      ? 'No answer. Of a page that was opened from a file a gateway answers only where it lets any page ask (listen.browserOrigins).'
      : 'No answer: the gateway cannot be reached, or does not let this page ask.'
  }
}

/** What an error says, or the beginning of what is none. */
function messageOf(answer: string): string {
  try {
    const { message } = Object(Object(JSON.parse(answer)).error) as { readonly message?: unknown }
    if (typeof message === 'string') return message.slice(0, 200)
  } catch {
    // A proxy's page is shown as it is.
  }
  return answer.slice(0, 200)
}

function put(field: ByteField, text: string): void {
  setBytes(field, utf8Bytes(text))
  byId(field, HTMLTextAreaElement).value = text
}

function showExample(): void {
  for (const field of byteFields) put(field, field === 'manifest' ? '' : example[field])
  byId('gateway-key', HTMLInputElement).value = example.gatewayKey
  byId('contributor-key', HTMLInputElement).value = example.contributorKey
  byId('gateway', HTMLInputElement).value = example.gateway
  void run()
}

/** `#receipt=ID` names a receipt to fetch. A key has no place in an address, so it is typed. */
function prefill(): void {
  const id = new URLSearchParams(location.hash.slice(1)).get('receipt')
  if (!isOwnCopy)
    byId('gateway-url', HTMLInputElement).value =
      location.origin + location.pathname.replace(/\/verify$/, '')
  if (id === null) return
  byId('receipt-id', HTMLInputElement).value = id.slice(0, 100)
  byId('fetch', HTMLDetailsElement).open = true
  byId('key', HTMLInputElement).focus()
}

function sayWhoseCopy(): void {
  const place = byId('origin', HTMLElement)
  if (isOwnCopy) {
    place.append(
      make(
        'p',
        '',
        'This is your own copy of the page, opened from a file: no gateway can change what it checks.',
      ),
    )
    return
  }
  const link = make('a', '', 'Download it')
  link.setAttribute('href', 'verify/vouch-verify.html')
  link.setAttribute('download', 'vouch-verify.html')
  place.append(
    make(
      'p',
      '',
      make('b', '', `This copy comes from ${location.host}. `),
      'A gateway that lies in its receipts can also serve a page that nods at them. To judge a gateway that you do not ' +
        'trust, use a copy of your own: ',
      link,
      ' (one file, works without a network), and compare its SHA-256 with ',
      make('code', '', 'web/dist/SHA256SUMS'),
      ' of the source code, or run ',
      make('code', '', 'vouch verify'),
      '.',
    ),
  )
}

byId('form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  void run().then(() => byId('conclusion', HTMLElement).focus())
})
// A verdict is of what was checked: what was changed since has none yet.
byId('form', HTMLFormElement).addEventListener('input', () => {
  newestRun += 1
  clearVerdict()
})
byId('example', HTMLButtonElement).addEventListener('click', showExample)
byId('fetch-receipt', HTMLButtonElement).addEventListener('click', () => void fetchReceipt())
byId('clear', HTMLButtonElement).addEventListener('click', () => {
  byId('form', HTMLFormElement).reset()
  for (const field of byteFields) {
    setBytes(field, undefined)
    note(field, '')
  }
  newestRun += 1
  prefill()
  clearVerdict()
})
for (const field of byteFields) listenToField(field)
listenToKey()
sayWhoseCopy()
prefill()
