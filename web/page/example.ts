/* The example of docs/receipts.md, byte for byte; test/unit/scripts/build-web.test.ts holds the two together. */
export const example = {
  request: `{"model":"vouch-mini","stream":true,"messages":[{"role":"user","content":"2+2?"}]}`,
  response: `data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"2 pl"},"finish_reason":null}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"us 2 is 4."},"finish_reason":"stop"}]}

data: [DONE]

`,
  content: `2 plus 2 is 4.`,
  receipt: `{
  "object": "vouch.receipt",
  "receipt": {
    "receiptId": "0x2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e",
    "gatewaySeq": 41,
    "client": "0x9999999999999999999999999999999999999999",
    "requestHash": "0x92f713aac167bc1a7acbeaf2e539fbc4fe627f6bf37ed085e4b6da7b570b4628",
    "responseHash": "0x3530ecea625183a7d74124b9046daa04f74b8e1112d2036bb30f4b268c27b0b3",
    "channelId": "0xc4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4",
    "channelSeq": 7,
    "cost": "240",
    "cumulative": "5240",
    "priceHash": "0xc259e7e6b1c6e00af8dbccb107bc8a501367b294959ecd1c7e3b3476ce07b0ad",
    "prevReceipt": "0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
    "tiers": 3,
    "evidenceHash": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "anchorBy": 0,
    "work": {
      "jobId": "0x0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      "gateway": "0x6666666666666666666666666666666666666666",
      "contributor": "0xcccccccccccccccccccccccccccccccccccccccc",
      "modelId": "0x3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d",
      "inputHash": "0x92f713aac167bc1a7acbeaf2e539fbc4fe627f6bf37ed085e4b6da7b570b4628",
      "outputHash": "0x3530ecea625183a7d74124b9046daa04f74b8e1112d2036bb30f4b268c27b0b3",
      "contentHash": "0x188e4b98bfadc455a77d36a29133f4fd3126070c1f073eec0c24c799695c64b6",
      "streamRoot": "0x5dd329ee5ffda5b3c8da342c2b3057d8df1ad4bb2b536d0b6bea37e64bf2042d",
      "promptTokens": 1200,
      "cachedPromptTokens": 200,
      "completionTokens": 345,
      "commitment": "0x0000000000000000000000000000000000000000000000000000000000000000",
      "startedAt": 1700000000,
      "finishedAt": 1700000004,
      "status": 0
    }
  },
  "contributorSignature": "0xa2b9ab77ca41173efffd784ff49acc9b0a77c7a90eca4b722e8ac08047aa050f27460197ee01438f43f678e293124cfdc46a41a772b918d867d2d10368f10a6d1b",
  "gatewaySignature": "0xc9d73bf43b0592963cb95fd64748c80b324fb760712667f5257ad8047fa5dfac63e68d3cfd099c2b50bd9dc328cb7c7da03ddffa4f10a4097f388e2a755517ed1c",
  "domain": {
    "name": "Vouch Receipts",
    "version": "1",
    "chainId": 31337,
    "verifyingContract": "0x7777777777777777777777777777777777777777"
  },
  "priceSheet": {
    "operator": "0x6666666666666666666666666666666666666666",
    "modelId": "0x3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d",
    "asset": "0xdddddddddddddddddddddddddddddddddddddddd",
    "promptAtomicPerMtok": "100000",
    "cachedPromptAtomicPerMtok": "10000",
    "completionAtomicPerMtok": "400000",
    "validFrom": 1690000000,
    "validUntil": 0
  },
  "usage": {
    "source": "reported"
  }
}`,
  gateway: '0x6666666666666666666666666666666666666666',
  gatewayKey: '0x5d5c99edf529335160ff180fa141dd4967fc00d2',
  contributorKey: '0x75e0de31eca89159a26b09cc3b5ef4736a4f8969',
} as const
