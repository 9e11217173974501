pragma circom 2.1.6;

include "receipt-batch.circom";

component main { public [context, usageKey, packedPrices, packedSums] } = ReceiptBatch(16);
