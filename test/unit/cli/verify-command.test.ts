import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentHash } from '../../../src/attestation/content-hash.ts'
import { CommandFailure } from '../../../src/cli/command.ts'
import { runVerify, verifyCommand } from '../../../src/cli/verify-command.ts'
import { formatTrustFile } from '../../../src/client/trust-anchors.ts'
import type { ReceiptDocument } from '../../../src/domain/receipt-document.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import {
  anchors,
  answer,
  documentOf,
  gatewayOperator,
  nowMs,
  place,
  type ReceiptChanges,
  request,
  response,
  signReceipt,
} from '../../support/signed-receipt.ts'

const folder = temporaryFolder()
const file = (name: string) => join(folder.path, name)
const main = join(import.meta.dirname, '../../../src/main.ts')

beforeAll(() => {
  writeFileSync(file('receipt.json'), JSON.stringify(documentOf(signReceipt())))
  writeFileSync(file('answer.txt'), answer)
  writeFileSync(file('answer-edited.txt'), `${answer}\n`)
  writeFileSync(file('request.json'), request)
  writeFileSync(file('response.bin'), response)
  writeFileSync(file('trust.json'), formatTrustFile(anchors))
})
afterAll(() => folder.remove())

const receipt = file('receipt.json')
const trusted = ['--trust', file('trust.json')]
const everything = [
  receipt,
  ...trusted,
  '--content',
  file('answer.txt'),
  '--request',
  file('request.json'),
  '--response',
  file('response.bin'),
]

async function run(
  argv: readonly string[],
  more: { readonly input?: Buffer; readonly ascii?: boolean; readonly folder?: string } = {},
) {
  const printed: string[] = []
  const code = await runVerify(argv, {
    terminal: {
      print: (line) => void printed.push(line),
      printError: (line) => void printed.push(line),
    },
    nowMs: () => nowMs,
    readStandardInput: async () => more.input ?? Buffer.alloc(0),
    folder: more.folder ?? folder.path,
    style: { ascii: more.ascii ?? false, coloured: false },
  })
  return { code, printed, text: printed.join('\n') }
}

const failure = async (argv: readonly string[]) => {
  const error: unknown = await run(argv).catch((reason: unknown) => reason)
  if (!(error instanceof CommandFailure)) throw new Error(`no CommandFailure for ${argv}`)
  return { code: error.exitCode, message: error.message }
}

function write(name: string, value: unknown): string {
  writeFileSync(file(name), typeof value === 'string' ? value : JSON.stringify(value))
  return file(name)
}
const signedFile = (name: string, changes: ReceiptChanges) =>
  write(name, documentOf(signReceipt(changes)))

describe('a good receipt', () => {
  test('is checked line by line, and the verdict says what it proves and what not', async () => {
    const { code, printed, text } = await run(everything)
    expect(code).toBe(0)
    const checks = printed.filter((line) => line.startsWith('✓'))
    expect(checks).toHaveLength(19)
    expect(text).not.toContain('✗')
    expect(printed).toContain('HOLDS: 19 of 19 checks hold and none fails. None was left out.')
    expect(text).toContain('What this receipt proves, and what it does not:')
    expect(text).toMatch(
      /tier 1 gateway-signed\n {4}proves: .+\n {4}does not prove: that a model ran/,
    )
    expect(text).toMatch(
      /tier 2 contributor-signed\n {4}proves: .+\n {4}does not prove: which weights/,
    )
    expect(text).toContain('not claimed: 4 token-commitment, 8 audited,')
    expect(text).toContain('the one field here that nobody signed')
  })

  test('what was not given is said not to be checked', async () => {
    const { code, printed } = await run([receipt, ...trusted])
    expect(code).toBe(0)
    expect(printed.filter((line) => line.startsWith('?'))).toHaveLength(3)
    expect(printed).toContain(
      'HOLDS: 14 of 17 checks hold and none fails. Not checked: content, request, response.',
    )
  })

  test('comes on standard input as well, and so may its content', async () => {
    const input = Buffer.from(JSON.stringify(documentOf(signReceipt())))
    expect((await run(['-', ...trusted], { input })).code).toBe(0)
    const content = ['--content', '-']
    expect(
      (await run([receipt, ...trusted, ...content], { input: Buffer.from(answer) })).code,
    ).toBe(0)
  })

  test('with several choices takes its contents in their order', async () => {
    const choices = ['one', 'two'].map((text) => ({ text, toolCalls: [] }))
    const several = signedFile('several.json', { work: { contentHash: contentHash(choices) } })
    const [one, two] = [write('one.txt', 'one'), write('two.txt', 'two')]
    const contents = (...files: string[]) => files.flatMap((name) => ['--content', name])
    expect((await run([several, ...trusted, ...contents(one, two)])).code).toBe(0)
    expect((await run([several, ...trusted, ...contents(two, one)])).code).toBe(1)
  })
})

describe('a receipt that does not hold', () => {
  test('is said to prove nothing', async () => {
    const changed = write('changed.json', {
      ...documentOf(signReceipt()),
      receipt: { ...documentOf(signReceipt()).receipt, cost: '1' },
    })
    const { code, printed, text } = await run([changed, ...trusted])
    expect(code).toBe(1)
    expect(printed.filter((line) => line.startsWith('✗'))).toHaveLength(1)
    expect(text).toContain('✗ gateway-key')
    expect(text).toContain('DOES NOT HOLD: gateway-key.')
    expect(text).toContain('It proves nothing, because a check fails.')
  })

  test('over a line feed that an editor added says so', async () => {
    const { code, text } = await run([receipt, ...trusted, '--content', file('answer-edited.txt')])
    expect(code).toBe(1)
    expect(text).toMatch(/✗ content +only a line feed at the end is too many/)
  })

  test.each([
    ['not JSON', 'receipt', 'the document: expected JSON'],
    ['an answer instead', { object: 'chat.completion' }, 'object: expected "vouch.receipt"'],
    [
      'an error instead',
      { error: { message: 'no' } },
      'receipt: expected an object, found nothing',
    ],
    ['nothing', '', 'the document: expected JSON'],
  ])('%s: %s', async (name, content, expected) => {
    const { code, text } = await run([write(`bad-${name}.json`, content), ...trusted])
    expect(code).toBe(1)
    expect(text).toContain(expected)
    expect(text).toContain('DOES NOT HOLD: shape')
  })

  test('one that is wrong everywhere is not listed without end', async () => {
    const { printed } = await run([write('empty.json', { receipt: { work: {} } })])
    expect(printed.filter((line) => line.startsWith('✗'))).toHaveLength(11)
    expect(printed.join('\n')).toContain('more of the kind')
  })

  test('what steers a terminal is not passed on to one', async () => {
    const hostile = { ...documentOf(signReceipt()) } as unknown as Record<string, unknown>
    hostile['domain'] = { ...place, name: '\u001b[2J', version: '\u009b1' }
    const { code, text } = await run([write('hostile.json', hostile), ...trusted])
    expect(code).toBe(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })
})

describe('whom to trust', () => {
  test('without anybody nothing is proven', async () => {
    const { code, text } = await run([receipt, '--content', file('answer.txt')])
    expect(code).toBe(1)
    expect(text).toContain('NOT PROVEN: nothing is wrong, but without these')
    expect(text).toContain('gateway-key, contributor-key.')
  })

  const [gatewayKey] = anchors.gatewayKeys
  const [contributorKey] = anchors.contributorKeys
  const keys = [
    '--gateway-key',
    gatewayKey?.key ?? '',
    '--contributor-key',
    contributorKey?.key ?? '',
  ]

  test('keys may be named one by one', async () => {
    expect((await run([receipt, ...keys])).code).toBe(0)
    expect((await run([receipt, ...keys.slice(0, 2)])).code).toBe(1)
    const swapped = ['--gateway-key', keys[3] ?? '', '--contributor-key', keys[1] ?? '']
    expect((await run([receipt, ...swapped])).code).toBe(1)
  })

  test('a verifier that is named must be the one', async () => {
    const { verifyingContract } = place
    expect((await run([receipt, ...keys, '--verifier', verifyingContract])).code).toBe(0)
    expect((await run([receipt, ...keys, '--verifier', gatewayOperator])).code).toBe(1)
  })

  test('what a vouch dev left in the folder is found, of several gateways the right one', async () => {
    const other = {
      ...anchors,
      gatewayKeys: [{ operator: place.verifyingContract, key: place.verifyingContract }],
    }
    mkdirSync(file('.vouch/dev'), { recursive: true })
    mkdirSync(file('.vouch/dev-2'))
    writeFileSync(file('.vouch/dev/trust.json'), formatTrustFile(other))
    expect((await run([receipt])).text).toContain('NOT PROVEN')
    writeFileSync(file('.vouch/dev-2/trust.json'), formatTrustFile(anchors))
    expect((await run([receipt])).code).toBe(0)
    expect((await run([receipt], { folder: file('.vouch') })).code).toBe(1)
  })

  test('a trust file that cannot be used is not passed over', async () => {
    expect(await failure([receipt, '--trust', file('none.json')])).toEqual({
      code: 1,
      message: `cannot read the trust file ${file('none.json')} (ENOENT)`,
    })
    const bad = write('bad-trust.json', { chainId: 1 })
    const { code, message } = await failure([receipt, '--trust', bad])
    expect(code).toBe(1)
    expect(message).toContain('receiptVerifier: expected an address')
  })
})

describe('what is asked of it', () => {
  test.each([
    [['--gateway', gatewayOperator], 0],
    [['--gateway', place.verifyingContract], 1],
    [['--model', `0x${'3d'.repeat(32)}`], 0],
    [['--model', `0x${'3e'.repeat(32)}`], 1],
    [['--tiers', '3'], 0],
    [['--tiers', '64'], 1],
    [['--max-age', '60s'], 0],
    [['--max-age', '59s'], 1],
    [['--max-age', '1m'], 0],
    [['--max-age', '1h'], 0],
    [['--max-age', '1d'], 0],
  ])('%j exits %i', async (options, code) => {
    expect((await run([receipt, ...trusted, ...options])).code).toBe(code)
  })
})

describe('output', () => {
  test('ASCII only, by option or by surroundings', async () => {
    for (const [argv, ascii] of [
      [[...everything, '--plain'], false],
      [everything, true],
    ] as const) {
      const { text } = await run(argv, { ascii })
      expect(text).toMatch(/^ok {3}gateway-key/m)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins at zero.
      expect(text).toMatch(/^[\u0000-\u007f]*$/)
    }
  })

  test('as JSON, for programs', async () => {
    const { code, text } = await run([...everything, '--json'])
    const value = JSON.parse(text) as Record<string, unknown>
    expect(code).toBe(0)
    expect(value).toMatchObject({
      object: 'vouch.verification',
      verdict: 'holds',
      receiptId: `0x${'2e'.repeat(32)}`,
      signers: { gateway: { kind: 'key', address: anchors.gatewayKeys[0]?.key } },
      failed: [],
      notChecked: [],
    })
    expect(value['checks']).toHaveLength(19)
    const bad = JSON.parse((await run([write('x.json', '{}'), '--json'])).text) as ReceiptDocument
    expect(bad).toMatchObject({ verdict: 'fails', failed: expect.arrayContaining(['shape']) })
  })
})

describe('what cannot be used', () => {
  test.each([
    [[], 'which receipt or proof?'],
    [[receipt, receipt], 'one at a time'],
    [['-', '--content', '-'], 'standard input can be one file only'],
    [[receipt, '--gateway', '0x12'], '--gateway takes an address'],
    [[receipt, '--verifier', 'me'], '--verifier takes an address'],
    [[receipt, '--settlement', ''], '--settlement takes an address'],
    [[receipt, '--gateway-key', '0x'], '--gateway-key takes an address'],
    [[receipt, '--contributor-key', '0x'], '--contributor-key takes an address'],
    [[receipt, '--model', 'vouch-mini'], '--model takes 32 bytes'],
    [[receipt, '--tiers', '0'], '--tiers takes a sum'],
    [[receipt, '--tiers', '65536'], '--tiers takes a sum'],
    [[receipt, '--tiers', '1.5'], '--tiers takes a sum'],
    [[receipt, '--max-age', '1'], '--max-age takes a number'],
    [[receipt, '--max-age', '-1d'], 'argument is ambiguous'],
    [[receipt, '--rpc', '127.0.0.1:8545'], '--rpc takes the http(s) URL'],
    [[receipt, '--rpc', 'ftp://127.0.0.1'], '--rpc takes the http(s) URL'],
  ])('%j exits 2', (argv, message) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main, 'verify', ...argv], {
      encoding: 'utf8',
    })
    expect(stderr).toContain(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  test('a file that cannot be read exits 1 with one line', async () => {
    expect(await failure([file('none.json')])).toEqual({
      code: 1,
      message: `cannot read ${file('none.json')} (ENOENT)`,
    })
    expect((await failure([receipt, '--content', folder.path])).message).toContain('EISDIR')
  })
})

describe('as a process', () => {
  const spawn = (argv: readonly string[], env: Record<string, string>) =>
    spawnSync(process.execPath, [main, 'verify', ...argv], {
      encoding: 'utf8',
      env,
      cwd: folder.path,
    })

  test('signs follow NO_COLOR, and a pipe gets no colours', () => {
    const plain = spawn(everything, { NO_COLOR: '1', TERM: 'xterm-256color' })
    expect(plain.stdout).toMatch(/^ok {3}shape/m)
    const rich = spawn(everything, { TERM: 'xterm-256color' })
    expect(rich.stdout).toMatch(/^✓ shape/m)
    expect(rich.stdout).not.toContain('\u001b')
    expect([plain.status, rich.status]).toEqual([0, 0])
  })

  test('--help names every option and every exit code', () => {
    const { status, stdout } = spawn(['--help'], {})
    expect(status).toBe(0)
    expect(stdout.trim()).toBe(verifyCommand.help.trim())
    for (const option of ['content', 'request', 'response', 'rpc', 'trust', 'verifier', 'json']) {
      expect(stdout).toContain(`--${option}`)
    }
    expect(stdout).toContain('Exit codes: 0 ')
  })
})
