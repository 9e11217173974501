import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandFailure } from '../../../src/cli/command.ts'
import { proveCommand } from '../../../src/cli/prove-command.ts'
import { readReceipts } from '../../../src/cli/read-receipts.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { receiptDocumentText } from '../../support/usage-documents.ts'
import { usageReceipts, wordOf } from '../../support/usage-receipts.ts'

const folder = temporaryFolder()
const channel = wordOf(42)
const receipts = usageReceipts([{}, {}, { signer: undefined }, {}])
const documents = receipts.map(receiptDocumentText)
const at = (name: string): string => join(folder.path, name)

beforeAll(() => {
  mkdirSync(at('receipts'))
  for (const [index, text] of documents.entries()) {
    writeFileSync(at(`receipts/${index}.json`), text)
  }
  writeFileSync(at('receipts/notes.txt'), 'not a receipt')
  writeFileSync(at('all.jsonl'), `${documents.toReversed().join('\n')}\n`)
  const [, changed] = usageReceipts([{}, { discount: 1n }])
  writeFileSync(at('fork.json'), changed === undefined ? '' : receiptDocumentText(changed))
  writeFileSync(at('broken.jsonl'), `${documents[0]}\n{}\n`)
  mkdirSync(at('no-provers'))
})
afterAll(() => folder.remove())

/** Exit code and message of a command that fails. */
async function failureOf(args: readonly string[]): Promise<string> {
  try {
    return `ended with ${await proveCommand.run(args)}`
  } catch (error) {
    if (error instanceof CommandFailure) return `${error.exitCode}: ${error.message}`
    throw error
  }
}

const usage = (from: number, to: number, ...more: readonly string[]): readonly string[] => [
  ...['usage', '--channel', channel, '--from', String(from), '--to', String(to)],
  ...more,
]

test('receipts are read in their order, from folders and from lines', () => {
  for (const path of ['receipts', 'all.jsonl']) {
    const read = readReceipts([at(path)], { channelId: channel, from: 2, to: 4 })
    expect(read.map(({ receipt }) => receipt.channelSeq)).toEqual([2, 3, 4])
  }
  expect(() => readReceipts([at('all.jsonl')], { channelId: wordOf(1), from: 1, to: 1 })).toThrow(
    'receipt 1 of the channel is not among them',
  )
})

test.each<[string, readonly string[], string]>([
  ['nothing', [], '2: prove what? One of: usage, membership, batch'],
  ['no channel', ['usage', '--from', '1', '--to', '2'], '2: --channel is'],
  ['a stretch backwards', usage(3, 2, 'x'), '2: --to is not before --from'],
  ['receipt zero', usage(0, 2, 'x'), '2: --from is a number from 1 on'],
  ['too many rows', usage(1, 2, at('all.jsonl'), '--batch-rows', '19'), '2: --batch-rows is 1 to'],
  ['no receipts and no gateway', usage(1, 2), '2: name receipts, or --gateway'],
  ['a receipt that is missing', usage(2, 5, at('receipts')), '1: receipt 5 of the channel'],
  ['a line that is none', usage(1, 1, at('broken.jsonl')), 'broken.jsonl:2 is no receipt'],
  [
    'two of one number',
    usage(1, 2, at('receipts'), at('fork.json')),
    'another receipt 2 of the same channel',
  ],
  [
    'one that nobody signed',
    usage(1, 4, at('receipts')),
    'no contributor signed its Work; --allow-unsigned counts it apart',
  ],
  [
    'provers that are not there',
    usage(1, 2, at('receipts'), '--provers', at('no-provers')),
    'zk:install',
  ],
  ['no receipt', ['membership'], '2: which receipt?'],
  ['no log', ['membership', at('receipts/0.json')], '2: --gateway is needed'],
  ['no scope', ['membership', 'x', '--gateway', 'http://127.0.0.1:1'], '2: --scope is'],
])('%s ends it with a line that says so', async (_, args, message) => {
  expect(await failureOf(args)).toContain(message)
})

test('help names every option', () => {
  for (const option of ['--batch-rows', '--allow-unsigned', '--scope', '--for', '--out']) {
    expect(proveCommand.help).toContain(option)
  }
})
