// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatementWords} from "../libraries/StatementWords.sol";

/// @notice Who signed works of the range, with which key, and within which time.
struct UsageSigner {
    /// @dev Operator address in the ContributorRegistry.
    address contributor;
    /// @dev The public key on secp256k1. Contracts (ERC-1271) sign nothing that a circuit can check.
    bytes32 keyX;
    bytes32 keyY;
    /// @dev Unix seconds: every Work that the key signed was finished within.
    uint64 firstFinishedAt;
    uint64 lastFinishedAt;
}

/// @notice What a metering proof says of consecutive receipts of one channel, without showing one; member by
/// member as src/proofs/usage-statement.ts has it.
struct UsageStatement {
    /// @dev EIP-712 domain separator of the receipts: their chain and their verifier.
    bytes32 domainSeparator;
    bytes32 channelId;
    /// @dev Operator address in the GatewayRegistry.
    address gateway;
    /// @dev What all price sheets are priced in.
    address asset;
    /// @dev `channelSeq` of the first receipt; the first of a channel has 1.
    uint64 firstSeq;
    uint64 count;
    /// @dev Sum of `cost`, in atomic units of `asset`.
    uint128 total;
    /// @dev Sum of what sheets and tokens allow; no single cost is above its own.
    uint128 priced;
    /// @dev `cumulative` of the last receipt.
    uint128 cumulative;
    /// @dev Receipts whose Work no contributor signed: the gateway's word alone.
    uint64 unsignedCount;
    uint128 unsignedTotal;
    /// @dev `finishedAt` of the last receipt, unix seconds.
    uint64 lastFinishedAt;
    /// @dev `prevReceipt` of the first receipt: the digest before it, zero for a channel's first.
    bytes32 previousDigest;
    /// @dev Digest of the last receipt, which holds all the others by their `prevReceipt`.
    bytes32 lastDigest;
    /// @dev EIP-712 struct hashes of the price sheets, 1 to `USAGE_SHEETS`.
    bytes32[] priceHashes;
    /// @dev At most `USAGE_SIGNERS`.
    UsageSigner[] signers;
}

using {publicInputs} for UsageStatement global;

uint256 constant USAGE_SHEETS = 4;
uint256 constant USAGE_SIGNERS = 8;
uint256 constant USAGE_INPUTS = 20 + 2 * USAGE_SHEETS + 6 * USAGE_SIGNERS;

/// @notice The circuit's public inputs. What a list has no entry for is zero.
/// @param batchKey Which circuits a tree of proofs was made by; both zero for a proof of receipts.
function publicInputs(UsageStatement calldata self, bytes32 batchKey, bytes32 treeKey)
    pure
    returns (bytes32[] memory inputs)
{
    inputs = new bytes32[](USAGE_INPUTS);
    uint256 next = StatementWords.putHalves(inputs, 0, self.domainSeparator);
    next = StatementWords.putHalves(inputs, next, self.channelId);
    next = StatementWords.put(inputs, next, uint160(self.gateway));
    next = StatementWords.put(inputs, next, uint160(self.asset));
    next = StatementWords.put(inputs, next, self.firstSeq);
    next = StatementWords.put(inputs, next, self.count);
    next = StatementWords.put(inputs, next, self.total);
    next = StatementWords.put(inputs, next, self.priced);
    next = StatementWords.put(inputs, next, self.cumulative);
    next = StatementWords.put(inputs, next, self.unsignedCount);
    next = StatementWords.put(inputs, next, self.unsignedTotal);
    next = StatementWords.put(inputs, next, self.lastFinishedAt);
    next = StatementWords.putHalves(inputs, next, self.previousDigest);
    next = StatementWords.putHalves(inputs, next, self.lastDigest);
    for (uint256 i = 0; i < self.priceHashes.length; ++i) {
        StatementWords.putHalves(inputs, next + 2 * i, self.priceHashes[i]);
    }
    next += 2 * USAGE_SHEETS;
    for (uint256 i = 0; i < self.signers.length; ++i) {
        UsageSigner calldata signer = self.signers[i];
        uint256 place = StatementWords.put(inputs, next + 6 * i, uint160(signer.contributor));
        place = StatementWords.putHalves(inputs, place, signer.keyX);
        place = StatementWords.putHalves(inputs, place, signer.keyY);
        uint256 times = uint256(signer.firstFinishedAt) << 64 | signer.lastFinishedAt;
        StatementWords.put(inputs, place, times);
    }
    next += 6 * USAGE_SIGNERS;
    inputs[next] = batchKey;
    inputs[next + 1] = treeKey;
}
