/** What vouch-mini says where the likeliest token is always taken, whichever engine computes it. */
export const knownQuestion = {
  messages: [{ role: 'user', content: 'What is a receipt?' }],
  temperature: 0,
}
export const knownAnswer: string =
  'A receipt says what was served. It joins the request, the answer, the token counts, the price, ' +
  'the payer and the contributor, and it is signed by the gateway and by the contributor.'
