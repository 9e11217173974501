// npm run ask -- "What is a receipt?"
import { ask, deploy } from './consumer.mjs'
import { runningVouch } from './running-vouch.mjs'

const vouch = await runningVouch()
const { consumer, provider } = await deploy(vouch)
const { answer } = await ask({
  vouch,
  consumer,
  question: process.argv[2] ?? 'What is a receipt?',
  onProgress: ({ state, transactionHash }) => console.log(state, transactionHash),
})
console.log(answer)
provider.destroy()
