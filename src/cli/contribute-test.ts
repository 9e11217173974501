/*
 * Tries everything that a gateway will rely on before it can: how fast the engine is, whether it reads what it is offered for,
 * and whether an answer through the agent carries a Work that holds.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrivateKey } from '../chain/private-key.ts'
import { openJobBook } from '../contributor/job-book.ts'
import { type EngineMeasure, isCut, measureEngine } from '../contributor/measure-engine.ts'
import { testAgent } from '../contributor/test-agent.ts'
import { CommandFailure } from './command.ts'
import { agentModelOf, agentOf, type Contribution, signerOf } from './contribute-agent.ts'
import type { ServedModel } from './contribute-models.ts'
import { grouped, labelled, type Screen } from './contribute-screen.ts'

/** Throws CommandFailure on the first thing that would make a gateway turn away. */
export async function testContribution(
  contribution: Contribution,
  signingKey: PrivateKey,
  screen: Screen,
): Promise<void> {
  // A book of its own, which is thrown away: nobody owes anything for these jobs.
  const folder = mkdtempSync(join(tmpdir(), 'vouch-test-'))
  const jobs = await openJobBook(join(folder, 'jobs'))
  if (!jobs.ok) throw new CommandFailure(jobs.error)
  const own = { signingKey, jobs: jobs.value, credit: undefined, onJobEnd: () => {} }
  const agent = agentOf(contribution, own)
  try {
    for (const model of contribution.models) {
      screen.status(`  testing ${model.publicId}`)
      const measure = await measured(contribution, model)
      const signed = await testAgent(agent, {
        model: agentModelOf(model, contribution),
        signer: signerOf(contribution.file, signingKey),
        gateway: contribution.met.terms.gateway,
        nowMs: Date.now,
      })
      if (!signed.ok) throw failed(model, signed.error)
      report(model, measure, screen)
    }
  } finally {
    screen.status('')
    await agent.close()
    await jobs.value.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measured(
  { engine }: Contribution,
  { model, contextTokensMax, publicId, ...rest }: ServedModel,
): Promise<EngineMeasure> {
  const { found, apiKey } = engine
  const measure = await measureEngine({
    baseUrl: found.baseUrl,
    apiKey,
    model: model.id,
    contextTokensMax,
    nowMs: () => performance.now(),
  })
  const served = { model, contextTokensMax, publicId, ...rest }
  if (!measure.ok) throw failed(served, measure.error)
  const { sentTokens, readTokens } = measure.value.context
  if (isCut(measure.value)) {
    throw new CommandFailure(
      `${publicId}: the engine read ${grouped(readTokens)} tokens of a prompt of ${grouped(sentTokens)} and said nothing: start it with a context of ${grouped(contextTokensMax)}, or offer less by --context ${readTokens}`,
    )
  }
  return measure.value
}

const failed = ({ publicId }: ServedModel, why: string): CommandFailure =>
  new CommandFailure(
    `the self-test of ${publicId} failed: ${why}. Try the engine by itself, or leave the model out with --model`,
  )

function report({ publicId }: ServedModel, measure: EngineMeasure, screen: Screen): void {
  const { firstTokenMs, completionTokensPerSecond, promptTokensPerSecond, context } = measure
  const speed = (tokens: number | undefined): string =>
    tokens === undefined ? '?' : grouped(Math.round(tokens))
  screen.tell(
    {
      ...{ event: 'tested', model: publicId, firstTokenMs: Math.round(firstTokenMs) },
      ...{ promptTokensPerSecond, completionTokensPerSecond, promptTokens: context.readTokens },
    },
    ...labelled(
      'self-test',
      `✓ ${publicId}: first token after ${grouped(Math.round(firstTokenMs))} ms, ${speed(completionTokensPerSecond)} tokens/s written, ${speed(promptTokensPerSecond)} tokens/s read`,
      `✓ a prompt of ${grouped(context.readTokens)} tokens is read whole`,
      '✓ a signed answer through the agent, its Work checked as the gateway will',
    ),
  )
}
