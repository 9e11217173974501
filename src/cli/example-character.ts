/* A character of a game that answers through a language model: a line goes in, a reply that the chain verified comes back. */
import { gameCharacterAbi, gameCharacterBytecode } from '../chain/generated/game-character.ts'
import { CommandFailure } from './command.ts'
import { type ExampleSteps, textOf } from './example-steps.ts'

const model = 'vouch-mini'
const persona = 'You keep the inn at the edge of the map. Answer travellers in one sentence.'
const dollar = 1_000_000n

export async function playCharacter(steps: ExampleSteps, said: string | undefined): Promise<void> {
  const line = said ?? 'Innkeeper, what is a receipt?'
  const { coordinator, operator, models } = steps.place.running
  const character = await steps.deploy({
    name: 'GameCharacter',
    abi: gameCharacterAbi,
    bytecode: gameCharacterBytecode,
    args: [coordinator, operator, models[model], model, persona],
  })
  await steps.pay(character.address, dollar)
  const asked = await steps.send(
    { contract: character, functionName: 'say', args: [line] },
    `said "${line}"`,
  )
  const jobId = await steps.jobOf(asked)
  const delivered = await steps.follow(jobId)
  const reply = String(await steps.read(character, 'lastReply'))
  if (reply !== textOf(delivered)) {
    throw new CommandFailure('the character says something else than what was delivered')
  }
  steps.conclude([
    ['job', jobId],
    ['lastReply', JSON.stringify(reply)],
    ['its hash', delivered.contentHash],
    ['its receipt', delivered.receiptDigest],
  ])
}
