import { afterAll, expect, test } from 'vitest'
import { account, faultIn, goodYaml, makeConfigFolder } from '../support/config-folder.ts'

const folder = makeConfigFolder()
afterAll(folder.remove)

const read = (text: string) => folder.read(goodYaml + text, {}).config.audits
const faultOf = (text: string): string => faultIn(() => read(text)).message
const [one, other] = [account('7'), account('8')]

test('nobody audits unless somebody is named', () => {
  expect(read('')).toBeUndefined()
  expect(faultOf('audits: {}\n')).toContain('audits.auditors: expected')
  expect(faultOf('audits: { auditors: [] }\n')).toContain('a list with at least one address')
})

test('who is named looks at two percent, and what it finds counts for a week', () => {
  expect(read(`audits: { auditors: ['${one}'] }\n`)).toEqual({
    auditors: [one],
    ratePpm: 20_000,
    retentionS: 259_200,
    transcriptBytesMax: 268_435_456,
    auditorsMin: 1,
    windowTokensMin: 1_000,
    verdictValidS: 604_800,
  })
})

test('an auditor is named once, and no more must agree than there are', () => {
  expect(faultOf(`audits: { auditors: ['${one}', '${one}'] }\n`)).toContain('each auditor once')
  const named = `auditors: ['${one}', '${other}']`
  expect(read(`audits: { ${named}, auditorsMin: 2 }\n`)?.auditorsMin).toBe(2)
  expect(faultOf(`audits: { ${named}, auditorsMin: 3 }\n`)).toContain(
    'no more than there are auditors',
  )
})
