/*
 * `node bench/audit-canaries.ts`: how well a contributor could tell an auditor's canaries from what clients ask. A naive Bayes
 * classifier over the words and the letter triples of the last message learns from a half of both and is asked about the other;
 * printed is how often it ranks a canary above an ordinary request (area under the ROC curve; 0.5 is a coin).
 *
 * Clients are played by the questions that vouch-mini was trained and tested on, with their own slips. The auditor has other
 * questions of the same people to go by, or none.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  canaryRequest,
  type OrdinaryRequest,
  readOrdinaryRequest,
} from '../src/auditor/canary-requests.ts'
import { builtInModelFolder } from '../test/support/built-in-model.ts'
import { seededRandom } from '../test/support/seeded-random.ts'

const files = ['fresh-questions', 'paraphrases', 'knowledge']
const trainedOn = ['facts-attestation', 'facts-basics', 'facts-payments', 'facts-running']

const linesOf = (name: string): readonly string[] =>
  readFileSync(join(builtInModelFolder, `training/data/${name}.txt`), 'utf8').split('\n')

const questions = [
  ...files.flatMap((name) => linesOf(name).map((line) => line.split(' | ')[1] ?? '')),
  ...trainedOn.flatMap((name) => linesOf(name).filter((line) => line.endsWith('?'))),
]
  .map((line) => line.replace(/^[^A-Za-z]+/, '').trim())
  .filter((question) => question.length > 8)

/** One half of the people is the gateway's clients, the other is who the auditor knows. */
const random = seededRandom(20_261_122)
const shuffled = [...questions].sort(() => random(2) - 0.5)
const half = Math.floor(shuffled.length / 2)
const requestsOf = (texts: readonly string[]): readonly OrdinaryRequest[] =>
  texts.flatMap((text) => readOrdinaryRequest(text) ?? [])
const clients = requestsOf(shuffled.slice(0, half))
const known = requestsOf(shuffled.slice(half))

const uniform = (): number => random(2 ** 30) / 2 ** 30
const canaries = (corpus: readonly OrdinaryRequest[]): readonly OrdinaryRequest[] =>
  Array.from({ length: clients.length }, () => canaryRequest(corpus, uniform))

const textOf = ({ messages }: OrdinaryRequest): string => String(messages.at(-1)?.content ?? '')

function featuresOf(text: string): readonly string[] {
  const padded = ` ${text} `
  const triples = Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3))
  return [...triples, ...text.toLowerCase().split(/\W+/), `length ${Math.floor(text.length / 10)}`]
}

type Counts = { readonly by: Map<string, number>; total: number }

function countsOf(texts: readonly string[]): Counts {
  const counts: Counts = { by: new Map(), total: 0 }
  for (const feature of texts.flatMap(featuresOf)) {
    counts.by.set(feature, (counts.by.get(feature) ?? 0) + 1)
    counts.total += 1
  }
  return counts
}

function areaUnderCurve(ordinary: readonly string[], secret: readonly string[]): number {
  const middle = Math.floor(ordinary.length / 2)
  const [asked, made] = [countsOf(ordinary.slice(0, middle)), countsOf(secret.slice(0, middle))]
  const likelihood = (text: string, { by, total }: Counts): number =>
    featuresOf(text).reduce(
      (sum, feature) => sum + Math.log(((by.get(feature) ?? 0) + 0.5) / (total + 5_000)),
      0,
    )
  const scoreOf = (text: string): number =>
    (likelihood(text, made) - likelihood(text, asked)) / featuresOf(text).length
  const scores = ordinary.slice(middle).map(scoreOf)
  const wins = secret
    .slice(middle)
    .map(scoreOf)
    .map((score) => {
      const below = scores.filter((other) => other < score).length
      const equal = scores.filter((other) => other === score).length
      return (below + equal / 2) / scores.length
    })
  return wins.reduce((sum, win) => sum + win, 0) / wins.length
}

const ordinary = clients.map(textOf)
const rows: readonly (readonly [string, readonly OrdinaryRequest[]])[] = [
  ['other clients, as they wrote (nothing to find)', known],
  ['canaries made from requests of other clients', canaries(known)],
  ['canaries made of common wordings', canaries([])],
]
process.stdout.write(
  `${questions.length} questions, ${clients.length} of them asked by clients\n\n`,
)
process.stdout.write('| held against what clients ask | area under the curve |\n|---|--:|\n')
for (const [name, requests] of rows) {
  const area = areaUnderCurve(ordinary, requests.map(textOf))
  process.stdout.write(`| ${name} | ${area.toFixed(3)} |\n`)
}
