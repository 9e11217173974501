"""The twelve sample conversations of the evaluation, as lists of what the user types."""

TRANSCRIPTS: tuple[tuple[str, ...], ...] = (
    ("Hello!", "Who are you?", "What can you do?"),
    ("So what is this Vouch about, then?", "tell me more", "And why should I use it?"),
    ("what's a receipt", "who signs it?", "how do I check it?"),
    ("I have an app that talks to OpenAI. How do I move it to Vouch?",),
    ("I keep getting 402 from the API. Why?", "how do I raise it?"),
    ("explain the difference between a voucher and a receipt please",),
    ("what is 17 plus 25?", "347-158", "twelve times eleven", "divide 96 by 8"),
    ("My name is Ada.", "what does a contributor do?", "What is my name?"),
    ("wat is a tranch", "how big is it?"),
    ("Count to ten.", "Repeat after me: the quick brown fox", "Is 91 odd?"),
    ("Who won the football match yesterday?", "What is the capital of France?", "Tell me a joke."),
    ("Can the gateway cheat me?", "what happens if a contributor lies?", "Thank you, bye!"),
)
