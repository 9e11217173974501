// Against the chain and the gateway that `npm start` runs: nothing here is pretended.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, deploy } from '../scripts/consumer.mjs'
import { runningVouch } from '../scripts/running-vouch.mjs'

let vouch
let deployed

before(async () => {
  vouch = await runningVouch()
  deployed = await deploy(vouch)
})
after(() => deployed?.provider.destroy())

test('the contract is called back with a verified answer', async () => {
  const { consumer } = deployed
  const told = []
  const { jobId, answer } = await ask({
    ...{ vouch, consumer, question: 'What is a receipt?' },
    onProgress: (progress) => told.push(progress),
  })
  assert.deepEqual(
    told.map(({ state }) => state),
    ['requested', 'answered', 'delivered', 'called_back'],
  )
  const { content, receiptDigest } = told[2]
  assert.notEqual(answer, '')
  assert.equal(answer, new TextDecoder().decode(content))
  console.log(`job ${jobId}\nreceipt ${receiptDigest}\nanswer ${answer}`)
})
