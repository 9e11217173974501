import { expect, test } from 'vitest'
import { rememberRecent } from '../../../src/base/remember-recent.ts'

test('the same text is read once, while no more than so many others were asked since', () => {
  const read: string[] = []
  const remembered = rememberRecent((text) => {
    read.push(text)
    return text === '' ? undefined : text.length
  }, 2)
  expect([remembered('a'), remembered('a'), remembered(''), remembered('')]).toEqual([
    ...[1, 1],
    ...[undefined, undefined],
  ])
  expect(read).toEqual(['a', ''])
  // The one that was asked longest ago goes.
  remembered('a')
  remembered('bb')
  remembered('a')
  expect(read).toEqual(['a', '', 'bb'])
  remembered('')
  expect(read).toEqual(['a', '', 'bb', ''])
})
