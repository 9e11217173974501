import type { Draws } from './draws.ts'

/** A post, and 1 where a board that keeps to its rules would not show it. */
export type Post = { readonly text: string; readonly wanted: 0 | 1 }

/** Sentences with gaps in braces, each filled from the words of its name. */
type Patterns = { readonly refused: readonly string[]; readonly welcome: readonly string[] }

/** Patterns for training, and others, no sentence of which is among them, by which the model is judged. */
export const seenPatterns: Patterns = {
  refused: [
    'send me your {secret} and i will double your {coin}',
    'your wallet is locked, type your {secret} at {site} to free it',
    'support here, we need your {secret} to fix the {thing}',
    'free {coin} for everybody who sends {amount} {coin} to {site} now',
    'claim your {coin} airdrop at {site}, only {amount} places left',
    'i will find you and hurt you, {person}',
    'you should be afraid {person}, i know where you live',
    '{person} deserves to be beaten for that {thing}',
    'shut up you {insult}, nobody wants you here',
    '{person} is a {insult} and so is everybody like that',
    'what a {insult}, go away and never come back',
    'only a {insult} would use this {thing}',
    'buy {pills} without a prescription at {site}',
    'cheap followers and likes at {site}, {amount} for nothing',
    'earn {amount} {coin} a day from home, no work, join {site}',
    'click {site} before it is gone, guaranteed profit on {coin}',
    'we will break your legs if you do not pay {amount} {coin}',
    'give me the {secret} or {person} gets hurt',
    'kill yourself {person}, you {insult}',
    'everyone attack {person} now, make that {insult} cry',
    'i am the admin, tell me your {secret} so that i can check your account',
    'dear customer, confirm your {secret} at {site} within the hour',
    'we will send {amount} {coin} back to whoever deposits {coin} first',
    'my friend made {amount} {coin} at {site} in one day, you can too',
    'connect your wallet at {site} to receive the {coin} bonus',
    'transfer {amount} {coin} now or your files are gone for ever',
    'i will burn your house down, {person}',
    'next time i see {person} i will hit them',
    'somebody should hurt {person} for what they did',
    'we know where {person} lives and we are coming',
    '{person}, your {thing} is garbage and so are you',
    'you {insult}, learn to read before you post',
    'get lost {insult}, your {thing} is a joke',
    'i hate {person} and every other {insult} here',
    'nobody likes you {person}, leave this place',
    'order now at {site}: {pills} for half the price',
    '{amount} percent off all {pills}, no doctor needed',
    'visit {site} for the best deals on {pills}',
    'secret trick makes {amount} {coin} every hour, see {site}',
    'this {coin} will go up a hundred times, buy it at {site} right now',
  ],
  welcome: [
    'how do i keep my {secret} safe?',
    'never tell anybody your {secret}, not even support',
    'the {thing} does not start on my machine, what can i do?',
    'what is the price of {coin} today?',
    'i lost {amount} {coin} by a mistake in my contract',
    'thank you {person}, the {thing} works now',
    'can somebody explain how the {thing} is paid for?',
    '{person} wrote a good guide to the {thing}',
    'i do not agree with {person} about the {thing}, and here is why',
    'good morning {person}, how was the weekend?',
    'the meeting about {coin} fees is at {amount} o clock',
    'my dog was afraid of the storm, {person}',
    'the doctor told me to take {pills} after meals',
    'the new version of the {thing} is at {site}',
    'a bug in {thing} makes it read {amount} bytes too many',
    'this {thing} is slow today, does anybody know why?',
    'we beat {person} by {amount} points, what a game',
    'who won the match between {person} and the others?',
    'i wrote {amount} tests for the {thing} this week',
    'please look at my proposal for the {coin} treasury',
    'the admin will never ask you for a {secret}',
    'what happens when i forget my {secret}?',
    'how long does it take until {amount} {coin} arrive?',
    'my {thing} shows {amount} errors after the update',
    'does the {thing} work without a connection?',
    'where can i read more about {coin}? the docs are at {site}',
    'i moved to a new house near {person}',
    'see you next time {person}, it was nice to talk',
    'somebody should write a test for the {thing}',
    'do you know where the manual for the {thing} is?',
    '{person}, your {thing} is very useful to us',
    'i am learning to read the code of the {thing}',
    'we had to leave early, the {thing} was closed',
    'i like {person} and everybody else here',
    'many people use this {thing} every day',
    'how many {pills} may a child take? ask your doctor',
    'the {thing} is {amount} percent faster than before',
    'we bought a used {thing} for {amount} {coin}',
    'the fee is {amount} {coin} every month, as agreed',
    'i think {coin} is too risky for me right now',
  ],
}

export const unseenPatterns: Patterns = {
  refused: [
    'hello, i am from support, kindly share the {secret} for your {coin} account',
    'deposit {amount} {coin} at {site} and get twice as much back, no risk',
    'last chance, the {coin} giveaway at {site} ends tonight, connect your wallet',
    'watch your back {person}, i am coming to hurt you',
    'people like {person} should be hurt, you {insult}',
    'you are a {insult} and your {thing} is rubbish, get out of here',
    'order {pills} at {site}, cheap, no questions asked',
    'pay {amount} {coin} or i will hurt {person}',
  ],
  welcome: [
    'is it safe to write my {secret} on paper?',
    'which {thing} would you choose for {amount} {coin} a month?',
    'i am afraid that i do not understand the {thing}',
    'great work on the {thing} this month, {person}',
    'did anybody see how {coin} moved after the news?',
    'the {pills} did not help, so i am going to the doctor again',
    '{person} and i are building a {thing} for our school',
    'there is a list of open questions at {site}',
  ],
}

const words: Readonly<Record<string, readonly string[]>> = {
  secret: ['seed phrase', 'private key', 'password', 'recovery words', 'backup code', 'pin'],
  coin: ['eth', 'bitcoin', 'usdc', 'tokens', 'coins', 'sol', 'dai'],
  site: ['freecoins dot example', 'my page', 'the link below', 'this site', 'example dot org'],
  thing: ['gateway', 'wallet', 'contract', 'node', 'model', 'phone', 'update', 'app', 'engine'],
  amount: ['two', '5', '100', 'ten', '3000', 'twenty', '50'],
  person: ['anna', 'that man', 'my neighbour', 'the teacher', 'tom', 'she', 'the moderator', 'bob'],
  insult: ['idiot', 'moron', 'piece of trash', 'loser', 'stupid pig', 'worthless fool', 'clown'],
  pills: ['painkillers', 'sleeping pills', 'antibiotics', 'diet pills', 'tablets'],
}

const openings = ['', '', '', 'hey, ', 'listen, ', 'by the way, ', 'so, ', 'ok ']
const endings = ['', '', '', '!', '.', ' please', ' today', ' :)']

/** Posts with as many to refuse as to welcome. */
export function drawPosts(patterns: Patterns, count: number, draws: Draws): readonly Post[] {
  return Array.from({ length: count }, (_, at) => {
    const wanted = at % 2 === 0 ? 1 : 0
    const pattern = draws.oneOf(wanted === 1 ? patterns.refused : patterns.welcome)
    const sentence = pattern.replace(/\{([a-z]+)\}/g, (_gap, name: string) =>
      draws.oneOf(words[name] ?? []),
    )
    return { text: draws.oneOf(openings) + sentence + draws.oneOf(endings), wanted }
  })
}

/** What a filter by words would say: the number of its words that stand in the text. */
export const countListedWords = (text: string): number =>
  listed.filter((word) => text.includes(word)).length

const listed = [
  ...(words['insult'] ?? []),
  ...(words['secret'] ?? []),
  'hurt',
  'kill',
  'free',
  'airdrop',
  'profit',
  'cheap',
  'afraid',
  'beaten',
]
