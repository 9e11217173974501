pragma circom 2.1.6;

include "ranges.circom";

// ceil((uncached * promptPrice + cached * cachedPrice + completion * completionPrice) / 1000000), as priceRoundedUp of
// src/domain/price-sheet.ts. Prices are atomic units for a million tokens, below 2^72; tokens are below 2^32, and checked
// here. cost is at most that: a gateway may charge less.
template PricedCost() {
    var tokensPerMtok = 1000000;
    // sum < 2^105 and a million is above 2^19, so that what is priced is below 2^86.
    var costBits = 86;

    signal input prices[3];
    signal input uncached;
    signal input cached;
    signal input completion;
    signal input cost;
    signal output priced;

    component tokensInRange[3];
    for (var kind = 0; kind < 3; kind++) tokensInRange[kind] = InBits(32);
    tokensInRange[0].in <== uncached;
    tokensInRange[1].in <== cached;
    tokensInRange[2].in <== completion;

    signal uncachedPrice <== uncached * prices[0];
    signal cachedPrice <== cached * prices[1];
    signal completionPrice <== completion * prices[2];
    signal roundedUp <== uncachedPrice + cachedPrice + completionPrice + tokensPerMtok - 1;

    // The quotient is the prover's to say; that the rest is below the divisor, and nothing wraps, leaves one.
    priced <-- roundedUp \ tokensPerMtok;
    component rest = AtMost(tokensPerMtok - 1, 20);
    rest.in <== roundedUp - priced * tokensPerMtok;

    // Both parts are small, so their sum, which is what is priced, is: less than 2^87.
    component charged = InBits(costBits);
    charged.in <== cost;
    component discount = InBits(costBits);
    discount.in <== priced - cost;
}
