// npm run ask -- "What is a receipt?"
import { ask, deploy } from './consumer.mjs'
import { runningVouch } from './running-vouch.mjs'

async function run(question) {
  const vouch = await runningVouch()
  const { consumer, provider } = await deploy(vouch)
  try {
    const { answer } = await ask({
      vouch,
      consumer,
      question,
      onProgress: ({ state, transactionHash }) => console.log(state, transactionHash),
    })
    console.log(answer)
  } finally {
    provider.destroy()
  }
}

// The sentence alone: above it Node would print the line that threw, and the modules of Vouch are one line each.
await run(process.argv[2] ?? 'What is a receipt?').catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
