// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {IUsageProofs} from "../../src/interfaces/IUsageProofs.sol";
import {UsageProofs} from "../../src/proofs/UsageProofs.sol";
import {UsageCircuits} from "../../src/types/UsageCircuits.sol";
import {UsageSigner, UsageStatement} from "../../src/types/UsageStatement.sol";
import {TaggedVerifier} from "../hostile/Verifiers.sol";
import {Merkle} from "./Merkle.sol";
import {ReceiptFixture} from "./ReceiptFixture.sol";
import {signatureOf, vm} from "./Vm.sol";

/// @notice Statements of usage with tagged verifiers in the place of circuits: everything but the circuit is real.
abstract contract UsageFixture is ReceiptFixture {
    bytes32 internal constant CHANNEL = keccak256("channel");
    bytes32 internal constant BATCH_KEY = bytes32(uint256(11));
    bytes32 internal constant TREE_KEY = bytes32(uint256(12));

    UsageProofs internal usage;
    uint64 private _batches;

    function setUpUsage() internal {
        setUpReceipts();
        usage = new UsageProofs(
            contributors,
            gateways,
            receiptAnchor,
            address(verifier),
            UsageCircuits({
                batch: new TaggedVerifier("batch"),
                tree: new TaggedVerifier("tree"),
                batchKey: BATCH_KEY,
                treeKey: TREE_KEY
            })
        );
        vm.warp(START_S + 100_000);
    }

    /// @dev `count` receipts from `firstSeq` on for ten units each, after as many as there are before it.
    function statementOf(uint64 firstSeq, uint64 count)
        internal
        returns (UsageStatement memory statement)
    {
        statement = UsageStatement({
            domainSeparator: verifier.domainSeparator(),
            channelId: CHANNEL,
            gateway: gateway,
            asset: address(asset),
            firstSeq: firstSeq,
            count: count,
            total: 10 * uint128(count),
            priced: 10 * uint128(count),
            cumulative: 10 * uint128(firstSeq + count - 1),
            unsignedCount: 1,
            unsignedTotal: 10,
            lastFinishedAt: START_S + 50,
            previousDigest: digestAt(firstSeq - 1),
            lastDigest: digestAt(firstSeq + count - 1),
            priceHashes: new bytes32[](1),
            signers: new UsageSigner[](1)
        });
        statement.priceHashes[0] = priceSheet().hashStruct();
        statement.signers[0] = signerOf(CONTRIBUTOR_KEY);
    }

    function signerOf(uint256 key) internal returns (UsageSigner memory) {
        (bytes32 x, bytes32 y) = publicKeyOf(key);
        return UsageSigner(contributor, x, y, START_S + 10, START_S + 50);
    }

    function publicKeyOf(uint256 key) internal returns (bytes32 x, bytes32 y) {
        return (bytes32(vm.createWallet(key).publicKeyX), bytes32(vm.createWallet(key).publicKeyY));
    }

    function digestAt(uint64 seq) internal pure returns (bytes32) {
        return seq == 0 ? bytes32(0) : keccak256(abi.encode("receipt", seq));
    }

    /// @dev Anchors the last receipt among others.
    function lastOf(UsageStatement memory statement)
        internal
        returns (IUsageProofs.LastReceipt memory)
    {
        bytes32[] memory digests = new bytes32[](5);
        for (uint256 i = 0; i < 5; ++i) {
            digests[i] = keccak256(abi.encode(i));
        }
        digests[3] = statement.lastDigest;
        bytes32 root = Merkle.rootOf(digests);
        vm.prank(gateway);
        receiptAnchor.anchor(root, 5, _batches++);
        return IUsageProofs.LastReceipt({
            root: root,
            path: Merkle.proofOf(digests, 3),
            gatewaySignature: signatureOf(GATEWAY_KEY, statement.lastDigest)
        });
    }

    function batchProof(UsageStatement memory statement) internal view returns (bytes memory) {
        return abi.encode(bytes32("batch"), usage.publicInputsOf(statement, false));
    }

    function treeProof(UsageStatement memory statement) internal view returns (bytes memory) {
        return abi.encode(bytes32("tree"), usage.publicInputsOf(statement, true));
    }

    function proveUsage(UsageStatement memory statement) internal {
        usage.prove(statement, lastOf(statement), batchProof(statement), false);
    }
}
