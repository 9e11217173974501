pragma circom 2.1.6;

include "poseidon.circom";
include "priced-cost.circom";
include "ranges.circom";
include "usage-key.circom";

// One place of a batch: a receipt, or padding. Padding has no digest, no tokens, and so neither price nor cost; its leaf is
// Poseidon(0, 0, 0, 0) whatever the prover would like.
template BatchSlot() {
    signal input active;
    // Number of the receipt on its channel; below 2^49, as the batch checks the first.
    signal input seq;
    signal input digestHigh;
    signal input digestLow;
    signal input prices[3];
    signal input uncached;
    signal input cached;
    signal input completion;
    signal input cost;
    signal output priced;
    signal output leaf;

    component amount = PricedCost();
    amount.prices <== prices;
    amount.uncached <== uncached;
    amount.cached <== cached;
    amount.completion <== completion;
    amount.cost <== cost;
    priced <== amount.priced;

    // Three numbers of 32 bits each, so that they are zero together exactly where each is.
    signal tokens <== uncached + cached * (1 << 32) + completion * (1 << 64);
    tokens * (1 - active) === 0;
    digestHigh * (1 - active) === 0;
    digestLow * (1 - active) === 0;
    signal activeSeq <== seq * active;

    component hash = Poseidon(4);
    hash.inputs[0] <== digestHigh;
    hash.inputs[1] <== digestLow;
    hash.inputs[2] <== tokens + activeSeq * (1 << 96);
    hash.inputs[3] <== cost;
    leaf <== hash.out;
}

// What a contributor signed of up to `slots` receipts of one channel and one price sheet, shown as sums alone.
// src/proofs/batch-statement.ts says how the public inputs are made; circuits/README.md has each signal.
template ReceiptBatch(slots) {
    assert(slots >= 1 && slots <= 16);

    // Public: hash of what is signed and not computed with; hash of the signing key; three prices of 72 bits each; number of
    // the first receipt (48 bits), count (5), total (100) and priced (100).
    signal input context;
    signal input usageKey;
    signal input packedPrices;
    signal input packedSums;

    signal input prices[3];
    signal input firstSeq;
    signal input active[slots];
    signal input digestHigh[slots];
    signal input digestLow[slots];
    signal input uncached[slots];
    signal input cached[slots];
    signal input completion[slots];
    signal input cost[slots];
    signal input keyX;
    signal input keyY;
    signal input nonceX;
    signal input nonceY;
    signal input response;

    component priceInRange[3];
    for (var kind = 0; kind < 3; kind++) {
        priceInRange[kind] = InBits(72);
        priceInRange[kind].in <== prices[kind];
    }
    packedPrices === prices[0] + prices[1] * (1 << 72) + prices[2] * (1 << 144);

    component firstSeqInRange = InBits(48);
    firstSeqInRange.in <== firstSeq;

    // Receipts come first and padding behind them; the first place is never padding, so no batch is empty.
    active[0] === 1;
    for (var i = 1; i < slots; i++) {
        active[i] * (active[i] - 1) === 0;
        active[i] * (1 - active[i - 1]) === 0;
    }

    var count = 0;
    var total = 0;
    var priced = 0;
    component slot[slots];
    component root = Poseidon(slots);
    for (var i = 0; i < slots; i++) {
        slot[i] = BatchSlot();
        slot[i].active <== active[i];
        slot[i].seq <== firstSeq + i;
        slot[i].digestHigh <== digestHigh[i];
        slot[i].digestLow <== digestLow[i];
        slot[i].prices <== prices;
        slot[i].uncached <== uncached[i];
        slot[i].cached <== cached[i];
        slot[i].completion <== completion[i];
        slot[i].cost <== cost[i];
        root.inputs[i] <== slot[i].leaf;
        count += active[i];
        total += cost[i];
        priced += slot[i].priced;
    }
    // Sixteen costs below 2^86, and as many priced below 2^87, stay below 2^100.
    packedSums === firstSeq + count * (1 << 48) + total * (1 << 53) + priced * (1 << 153);

    // "vouch-batch/1" in ASCII: a usage key signs nothing else, and if it ever should, no batch is it.
    component message = Poseidon(5);
    message.inputs[0] <== 0x766f7563682d62617463682f31;
    message.inputs[1] <== context;
    message.inputs[2] <== packedPrices;
    message.inputs[3] <== packedSums;
    message.inputs[4] <== root.out;

    component signature = SignedByUsageKey();
    signature.usageKey <== usageKey;
    signature.message <== message.out;
    signature.keyX <== keyX;
    signature.keyY <== keyY;
    signature.nonceX <== nonceX;
    signature.nonceY <== nonceY;
    signature.response <== response;
}
