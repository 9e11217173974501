/*
 * `node bench/audit-detection.ts [--answers N] [--windows N]`: how soon an audit finds a contributor that serves something else
 * than vouch-mini, and how often it accuses one that does not. Prints the tables of docs/audit-statistics.md and draws its charts.
 *
 * Each contributor answers N questions once; windows are drawn from those answers, with a seed each, and tested answer by answer.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { answerEvidence, logprobScore, tokenScore } from '../src/auditor/answer-evidence.ts'
import type { JudgedToken } from '../src/auditor/judge-choice.ts'
import { noiseAllowances } from '../src/auditor/noise-allowance.ts'
import {
  type AnswerEvidence,
  freshTest,
  shareOfAlarm,
  withAnswer,
} from '../src/auditor/sequential-test.ts'
import { loadBuiltInModel } from '../test/support/built-in-model.ts'
import { seededRandom } from '../test/support/seeded-random.ts'
import { type JudgedAnswer, judgedAnswers, type ServedName } from './audit-answers.ts'
import { type Axis, chartSvg, type Line } from './audit-plots.ts'
import { quantile } from './statistics.ts'

const dishonest: readonly ServedName[] = [
  'four-layers',
  'five-layers',
  'replayed',
  'cut-short',
  'hotter',
  'int4',
  'fine-tuned',
  'int8',
]
const served: readonly ServedName[] = ['vouch-mini', 'f16-noise', ...dishonest]

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '300' },
    windows: { type: 'string', default: '200' },
  },
})
const answerCount = Number(values.answers)
const windowCount = Number(values.windows)
/** A window is given up here. */
const tokensMost = 50_000
const falseAlarmMax = 1e-6
const docs = resolve(import.meta.dirname, '../docs')
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** What an auditor has of an answer. */
type View =
  | 'tokens'
  | 'tokens and log-probabilities'
  | 'tokens and log-probabilities, class same'
  | 'text alone, unknown seed'

const asSeen: Readonly<Record<View, (token: JudgedToken) => JudgedToken>> = {
  tokens: (token) => ({ ...token, logprobGap: undefined }),
  'tokens and log-probabilities': (token) => token,
  'tokens and log-probabilities, class same': (token) => token,
  'text alone, unknown seed': (token) => ({ ...token, distance: undefined, logprobGap: undefined }),
}

type Weighed = { readonly tokens: number; readonly evidence: AnswerEvidence }

function weighed(answers: readonly JudgedAnswer[], view: View): readonly Weighed[] {
  const isUnseeded = view === 'text alone, unknown seed'
  const { same, float } = noiseAllowances
  const allowance = view === 'tokens and log-probabilities, class same' ? same : float
  return (
    answers
      // At temperature 0 there is no draw that could be unknown.
      .filter(({ temperature }) => !isUnseeded || temperature > 0)
      .map(({ tokens }) => ({
        tokens: tokens.length,
        evidence: answerEvidence(tokens.map(asSeen[view]), allowance),
      }))
  )
}

/** Tokens after which the test condemns; Infinity where it never does. */
function tokensUntilFound(answers: readonly Weighed[], seed: number): number {
  const random = seededRandom(seed)
  for (let skipped = 0; skipped < 8; skipped += 1) random(2)
  let state = freshTest
  let tokens = 0
  while (tokens < tokensMost) {
    const answer = answers[random(answers.length)]
    if (answer === undefined) return Number.POSITIVE_INFINITY
    tokens += answer.tokens
    state = withAnswer(state, { ...answer.evidence, inFavour: [1, 1, 1, 1] })
    if (shareOfAlarm(state, { falseAlarmMax, falsePassMax: 1 }) === 1) return tokens
  }
  return Number.POSITIVE_INFINITY
}

const tokenAxis: Axis = {
  title: 'audited tokens',
  ticks: [30, 100, 300, 1_000, 3_000, 10_000, 30_000],
  isLogarithmic: true,
  write: (value) => value.toLocaleString('en-US'),
}
const shareAxis: Axis = {
  title: 'share of windows that found it',
  ticks: [0, 0.25, 0.5, 0.75, 1],
  write: (value) => `${100 * value} %`,
}
const steps = Array.from({ length: 100 }, (_, at) => Math.round(30 * 1_000 ** (at / 99)))

async function detection(pools: ReadonlyMap<ServedName, readonly JudgedAnswer[]>): Promise<void> {
  const views: readonly (readonly [View, string?])[] = [
    ['tokens', 'audit-detection-tokens.svg'],
    ['tokens and log-probabilities', 'audit-detection-logprobs.svg'],
    ['tokens and log-probabilities, class same'],
    ['text alone, unknown seed', 'audit-detection-surprise.svg'],
  ]
  for (const [view, file] of views) {
    say(
      `\nFound from ${view}: tokens until half, and until 95 % of ${windowCount} windows found it\n`,
    )
    say('| served | half | 95 % | never, within 50,000 |\n|---|--:|--:|--:|')
    const lines: Line[] = []
    for (const name of served) {
      const answers = weighed(pools.get(name) ?? [], view)
      const found = Array.from({ length: windowCount }, (_, seed) =>
        tokensUntilFound(answers, seed + 1),
      )
      const write = (tokens: number): string =>
        Number.isFinite(tokens) ? Math.round(tokens).toLocaleString('en-US') : '–'
      const never = found.filter((tokens) => !Number.isFinite(tokens)).length / found.length
      say(
        `| ${name} | ${write(quantile(found, 0.5))} | ${write(quantile(found, 0.95))} | ${Math.round(100 * never)} % |`,
      )
      lines.push({
        name,
        points: steps.map((step) => [
          step,
          found.filter((tokens) => tokens <= step).length / found.length,
        ]),
        isDashed: name === 'vouch-mini' || name === 'f16-noise',
      })
    }
    const title = `Found from ${view}, false alarms at most 10⁻⁶`
    const chart = chartSvg({ title, x: tokenAxis, y: shareAxis, lines })
    if (file !== undefined) writeFileSync(resolve(docs, file), chart)
  }
}

/** Mean scores, which the allowances must cover; and how alike the answers look to a person. */
function calibration(pools: ReadonlyMap<ServedName, readonly JudgedAnswer[]>): void {
  say(`\nMeans over ${answerCount} answers of each\n`)
  say(
    '| served | tokens | matched | answers alike | token score | log-probability score | surprise, nats |',
  )
  say('|---|--:|--:|--:|--:|--:|--:|')
  for (const [name, answers] of pools) {
    const tokens = answers.flatMap((answer) => answer.tokens)
    const mean = (of: (token: JudgedToken) => number, among = tokens): number =>
      among.reduce((sum, token) => sum + of(token), 0) / among.length
    const isAlike = ({ claimed, expected }: JudgedToken): boolean => claimed === expected
    const alike = answers.filter((answer) => answer.tokens.every(isAlike)).length / answers.length
    const warm = answers
      .filter(({ temperature }) => temperature > 0)
      .flatMap((answer) => answer.tokens)
    const cells = [
      name,
      tokens.length.toLocaleString('en-US'),
      `${(100 * mean((token) => (isAlike(token) ? 1 : 0))).toFixed(2)} %`,
      `${(100 * alike).toFixed(1)} %`,
      mean(tokenScore).toExponential(1),
      mean(logprobScore).toExponential(1),
      mean(({ surprise }) => surprise, warm).toFixed(4),
    ]
    say(`| ${cells.join(' | ')} |`)
  }
}

/** Noise at its allowance: the honest contributor that is hardest to tell from a dishonest one. */
function noisy(
  score: number,
  clustered: boolean,
  random: (below: number) => number,
): AnswerEvidence {
  const { tokenScoreMax } = noiseAllowances.float
  const alike: JudgedToken = {
    claimed: 1,
    expected: 1,
    distance: 0,
    surprise: 0,
    surpriseExpected: 0,
    logprobGap: undefined,
  }
  const isNoisy = (): boolean => random(2 ** 24) / 2 ** 24 < tokenScoreMax / score
  const whole = isNoisy()
  const tokens = Array.from({ length: 30 }, () => {
    const hit = clustered ? whole : isNoisy()
    return hit ? { ...alike, expected: 2, distance: score * 0.05 } : alike
  })
  return answerEvidence(tokens, noiseAllowances.float)
}

function falseAlarms(): void {
  const thresholds = Array.from({ length: 31 }, (_, at) => 10 ** (-3 + at / 10))
  const kinds = [
    ['gross, in single tokens', 1, false],
    ['slight, in single tokens', 0.05, false],
    ['gross, in whole answers', 1, true],
  ] as const
  const windows = 4 * windowCount
  say(`\nFalse alarms of ${windows} honest contributors of each kind, 1,000 answers long\n`)
  say('| noise | at most 10 % | at most 1 % | at most 0.1 % |\n|---|--:|--:|--:|')
  const lines: Line[] = [
    { name: 'the bound', points: thresholds.map((one) => [one, one]), isDashed: true },
  ]
  for (const [name, score, clustered] of kinds) {
    const highest = Array.from({ length: windows }, (_, seed) =>
      highestEvidence(seed + 1, score, clustered),
    )
    const alarms = (bound: number): number =>
      highest.filter((evidence) => evidence >= -Math.log(bound)).length / windows
    say(
      `| ${name} | ${[0.1, 0.01, 0.001].map((bound) => `${(100 * alarms(bound)).toFixed(2)} %`).join(' | ')} |`,
    )
    const shown = thresholds.filter((bound) => alarms(bound) > 0)
    lines.push({ name, points: shown.map((bound) => [bound, alarms(bound)]) })
  }
  const share = (title: string): Axis => ({
    title,
    ticks: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    isLogarithmic: true,
    write: (value) => `${100 * value} %`,
  })
  const chart = {
    title: 'Honest contributors that are called dishonest, noise at the allowance',
    x: share('false alarms that are promised at most'),
    y: share('measured'),
    lines,
  }
  writeFileSync(resolve(docs, 'audit-false-alarms.svg'), chartSvg(chart))
}

/** Natural logarithm of the most that the bet against ever grew to. */
function highestEvidence(seed: number, score: number, clustered: boolean): number {
  const random = seededRandom(seed * 7_919)
  for (let skipped = 0; skipped < 8; skipped += 1) random(2)
  let state = freshTest
  let highest = 0
  for (let answer = 0; answer < 1_000; answer += 1) {
    state = withAnswer(state, { ...noisy(score, clustered, random), inFavour: [1, 1, 1, 1] })
    // Of a threshold that nothing reaches, how far it came is the evidence itself.
    const unreachable = { falseAlarmMax: 1e-300, falsePassMax: 1 }
    highest = Math.max(highest, shareOfAlarm(state, unreachable) * -Math.log(1e-300))
  }
  return highest
}

const reference = await loadBuiltInModel()
const pools = new Map<ServedName, readonly JudgedAnswer[]>()
for (const name of served) pools.set(name, await judgedAnswers(reference, name, answerCount))
calibration(pools)
await detection(pools)
falseAlarms()
