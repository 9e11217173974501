"""How people ask for a sum: the wordings that training uses and those it must not see."""

NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
SPOKEN = {
    "add": ("plus",),
    "subtract": ("minus",),
    "multiply": ("times", "multiplied by"),
    "divide": ("divided by", "over"),
}
TYPED = {"add": ("+",), "subtract": ("-",), "multiply": ("*", "x", "×"), "divide": ("/", "÷")}
# {a} {b} are the operands, {op} the spoken operator, {sign} the typed one.
WORDINGS = (
    "what is {a} {op} {b}?",
    "what's {a} {op} {b}?",
    "how much is {a} {op} {b}?",
    "calculate {a} {op} {b}",
    "compute {a} {op} {b}.",
    "{a} {op} {b}?",
    "{a} {op} {b}",
    "{a} {op} {b} equals",
    "please calculate {a} {op} {b}",
    "can you work out {a} {op} {b}?",
    "what does {a} {op} {b} equal?",
    "what do you get for {a} {op} {b}?",
    "tell me {a} {op} {b}",
    "I need {a} {op} {b}",
    "solve {a} {op} {b}",
    "{a} {op} {b} is what?",
    "do you know {a} {op} {b}?",
    "give me {a} {op} {b}",
    "what is the result of {a} {op} {b}?",
    "and {a} {op} {b}?",
    "now {a} {op} {b}",
    "quick maths: {a} {op} {b}",
    "how many is {a} {op} {b}?",
    "{a}{sign}{b}",
    "{a} {sign} {b}",
    "{a}{sign}{b}=",
    "{a} {sign} {b} =",
    "{a} {sign} {b} = ?",
    "{a}{sign}{b}=?",
    "{a}{sign}{b}?",
    "what is {a}{sign}{b}?",
    "what is {a} {sign} {b}?",
    "calculate {a} {sign} {b}",
    "what's {a}{sign}{b}",
    "how much is {a} {sign} {b}?",
    "compute {a}{sign}{b}",
    "solve {a} {sign} {b}",
    "and {a} {sign} {b}?",
    "now {a}{sign}{b}",
    "please work out {a} {sign} {b}",
    "can you do {a} {sign} {b}?",
    "evaluate {a} {sign} {b}",
)
HELD_OUT_WORDINGS = (
    "could you figure out {a} {op} {b} for me?",
    "what would {a} {op} {b} be?",
    "hey, how much does {a} {op} {b} make?",
    "let me see if you can do {a} {sign} {b}",
    "the answer to {a} {sign} {b} please",
    "i was wondering what {a} {op} {b} is",
)
SPECIAL_WORDINGS = {
    "add": (
        "add {a} and {b}",
        "add {b} to {a}",
        "what is the sum of {a} and {b}?",
        "sum {a} and {b}",
        "sum of {a} and {b}",
        "please add {a} and {b}",
        "add up {a} and {b}",
        "add {a} to {b}",
        "{a} and {b} together?",
        "what do {a} and {b} add up to?",
    ),
    "subtract": (
        "subtract {b} from {a}",
        "take {b} away from {a}",
        "take {b} from {a}",
        "what is the difference between {a} and {b}?",
        "{a} take away {b}",
        "what is {a} less {b}?",
        "what is left if I take {b} from {a}?",
    ),
    "multiply": (
        "multiply {a} by {b}",
        "multiply {a} and {b}",
        "what is the product of {a} and {b}?",
        "product of {a} and {b}",
        "please multiply {a} by {b}",
        "{a} multiplied with {b}",
    ),
    "divide": (
        "divide {a} by {b}",
        "please divide {a} by {b}",
        "how often does {b} go into {a}?",
        "how many times does {b} go into {a}?",
        "what is {a} split into {b} equal parts?",
    ),
}
