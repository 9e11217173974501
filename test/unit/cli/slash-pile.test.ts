import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CommandFailure } from '../../../src/cli/command.ts'
import { type PileEntry, readPile } from '../../../src/cli/slash-pile.ts'
import { formatFaultEvidence } from '../../../src/client/fault-evidence.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { evidenceOfEachKind } from '../../support/fault-evidence.ts'
import { documentOf, signReceipt } from '../../support/signed-receipt.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

const receipt = signReceipt()
const document = documentOf(receipt)
const work = {
  object: 'vouch.work',
  domain: receipt.domain,
  work: receipt.receipt.work,
  signature: receipt.contributorSignature,
}

function write(name: string, text: string): string {
  const path = join(folder.path, name)
  writeFileSync(path, text)
  return path
}

async function read(...paths: readonly string[]): Promise<readonly PileEntry[]> {
  const entries: PileEntry[] = []
  for await (const entry of readPile(paths)) entries.push(entry)
  return entries
}

const faultsOf = (entries: readonly PileEntry[]) =>
  entries.flatMap((entry) => ('fault' in entry ? [entry.fault] : []))

test('one value a file, a list of them, or one a line', async () => {
  const [evidence] = evidenceOfEachKind()
  if (evidence === undefined) throw new Error('there is evidence')
  const one = write('one.json', JSON.stringify(document, null, 2))
  const list = write('list.json', JSON.stringify([document, work]))
  const lines = write(
    'lines.jsonl',
    `${JSON.stringify(document)}\n\n${formatFaultEvidence(evidence)}\n`,
  )
  const entries = await read(one, list, lines)
  expect(faultsOf(entries)).toEqual([])
  expect(entries.map(({ where }) => where)).toEqual([one, list, list, `${lines}:1`, `${lines}:3`])
  const told = entries.map((entry) => ('told' in entry ? entry.told : undefined))
  expect(told[0]).toMatchObject({ receipt: receipt.receipt })
  expect(told[2]).toMatchObject({ work: receipt.receipt.work })
  expect(told[4]).toEqual(evidence)
})

test('every JSON below a folder, and nothing else there', async () => {
  const pile = join(folder.path, 'pile')
  mkdirSync(join(pile, 'deeper'), { recursive: true })
  writeFileSync(join(pile, 'a.json'), JSON.stringify(document))
  writeFileSync(join(pile, 'deeper', 'b.jsonl'), JSON.stringify(work))
  writeFileSync(join(pile, 'notes.txt'), 'no receipt')
  expect((await read(pile)).map(({ where }) => where.slice(pile.length))).toEqual([
    '/a.json',
    '/deeper/b.jsonl',
  ])
})

test('what is no statement is passed over, with its place', async () => {
  const twice = JSON.stringify(document).replace('"gatewaySeq"', '"client":"0x","gatewaySeq"')
  const path = write('odd.jsonl', ['{', '{"object":"vouch.batch"}', twice, '7'].join('\n'))
  const entries = await read(path)
  expect(entries.map(({ where }) => where)).toEqual([1, 2, 3, 4].map((line) => `${path}:${line}`))
  expect(faultsOf(entries)).toEqual([
    'no JSON',
    'object: expected "vouch.work", not "vouch.batch"',
    'receipt.client stands there twice',
    ': expected an object, not 7',
  ])
})

test('a path that is not there ends the command', async () => {
  await expect(read(join(folder.path, 'nowhere'))).rejects.toThrow(CommandFailure)
})
