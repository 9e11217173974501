// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {IUsageProofs} from "../../src/interfaces/IUsageProofs.sol";
import {UsageProofs} from "../../src/proofs/UsageProofs.sol";
import {UsageCircuits} from "../../src/types/UsageCircuits.sol";
import {UsageSigner, UsageStatement} from "../../src/types/UsageStatement.sol";
import {RudeVerifier} from "../hostile/Verifiers.sol";
import {UsageFixture} from "../support/UsageFixture.sol";
import {signatureOf, vm} from "../support/Vm.sol";

contract UsageProofsTest is UsageFixture {
    function setUp() public {
        setUpUsage();
    }

    function test_a_range_is_put_on_record_by_anybody() public {
        UsageStatement memory statement = statementOf(1, 18);
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        bytes memory proof = batchProof(statement);
        vm.warp(block.timestamp + 5);
        vm.expectEmit(address(usage));
        emit IUsageProofs.UsageProven(
            gateway, CHANNEL, 1, 19, address(asset), 180, 10, digestAt(18)
        );
        vm.prank(address(0xABCD));
        usage.prove(statement, last, proof, false);
        IUsageProofs.Range memory range = usage.rangeOf(gateway, CHANNEL, 1, 19);
        vm.assertEq(range.total, 180);
        vm.assertEq(range.cumulative, 180);
        vm.assertEq(range.unsignedTotal, 10);
        vm.assertEq(range.provenAt, block.timestamp);
        vm.assertEq(range.anchoredAt, block.timestamp - 5);
        vm.assertEq(range.previousDigest, bytes32(0));
        vm.assertEq(range.lastDigest, digestAt(18));
        vm.assertEq(usage.rangeOf(gateway, CHANNEL, 1, 18).provenAt, 0);
    }

    function test_consecutive_batches_make_one_total() public {
        proveUsage(statementOf(1, 18));
        proveUsage(statementOf(19, 18));
        UsageStatement memory tree = statementOf(37, 1_000);
        usage.prove(tree, lastOf(tree), treeProof(tree), true);
        _assertTotal(_boundaries(1, 19, 37, 1_037), 10_360, 30);
        uint64[] memory two = new uint64[](2);
        (two[0], two[1]) = (19, 37);
        _assertTotal(two, 180, 10);
    }

    function test_a_total_has_no_gaps_overlaps_or_forks() public {
        proveUsage(statementOf(1, 18));
        proveUsage(statementOf(19, 18));
        vm.expectRevert(abi.encodeWithSelector(IUsageProofs.RangeNotProven.selector, 37, 55));
        usage.auditedTotal(gateway, CHANNEL, _boundaries(1, 19, 37, 55));
        vm.expectRevert(abi.encodeWithSelector(IUsageProofs.RangeNotProven.selector, 1, 1));
        usage.auditedTotal(gateway, CHANNEL, _boundaries(1, 1, 19, 37));
        vm.expectRevert(IUsageProofs.NoRanges.selector);
        usage.auditedTotal(gateway, CHANNEL, new uint64[](1));
        vm.expectRevert(IUsageProofs.NoRanges.selector);
        usage.auditedTotal(gateway, CHANNEL, new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(IUsageProofs.RangeNotProven.selector, 1, 19));
        usage.auditedTotal(gateway, "another", _boundaries(1, 19, 37, 55));

        // A range that another receipt is before: its gateway has two books.
        UsageStatement memory fork = statementOf(37, 18);
        fork.previousDigest = keccak256("the other book");
        proveUsage(fork);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsageProofs.RangesApart.selector, 37, digestAt(36), fork.previousDigest
            )
        );
        usage.auditedTotal(gateway, CHANNEL, _boundaries(1, 19, 37, 55));
    }

    function test_sums_go_on_from_range_to_range() public {
        proveUsage(statementOf(1, 18));
        UsageStatement memory second = statementOf(19, 18);
        second.cumulative += 1;
        proveUsage(second);
        uint64[] memory boundaries = new uint64[](3);
        (boundaries[0], boundaries[1], boundaries[2]) = (1, 19, 37);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsageProofs.RangesApart.selector, 19, digestAt(18), digestAt(18)
            )
        );
        usage.auditedTotal(gateway, CHANNEL, boundaries);
    }

    function test_a_range_is_proven_once() public {
        UsageStatement memory statement = statementOf(1, 18);
        proveUsage(statement);
        bytes memory refused =
            abi.encodeWithSelector(IUsageProofs.AlreadyProven.selector, 1, 19, digestAt(18));
        _refuse(statement, refused);
        // Not with another total either, which only a gateway with two books can have.
        statement.lastDigest = keccak256("the other book");
        statement.total = statement.cumulative = 5;
        _refuse(statement, refused);
    }

    function test_who_is_first_with_less_keeps_out_nobody_with_more() public {
        UsageStatement memory weak = statementOf(1, 18);
        weak.unsignedTotal = weak.total;
        proveUsage(weak);
        UsageStatement memory strong = statementOf(1, 18);
        strong.unsignedTotal = 0;
        proveUsage(strong);
        vm.assertEq(usage.rangeOf(gateway, CHANNEL, 1, 19).unsignedTotal, 0);
        bytes memory refused =
            abi.encodeWithSelector(IUsageProofs.AlreadyProven.selector, 1, 19, digestAt(18));
        _refuse(weak, refused);
        _refuse(strong, refused);
    }

    function test_every_member_of_the_statement_is_in_the_proof() public {
        UsageStatement memory honest = statementOf(19, 18);
        bytes memory proof = batchProof(honest);
        IUsageProofs.LastReceipt memory last = lastOf(honest);
        bytes memory refused = _refusal(false);
        for (uint256 member = 0; member < 9; ++member) {
            UsageStatement memory changed = statementOf(19, 18);
            if (member == 0) changed.channelId = "another";
            if (member == 1) changed.asset = address(1);
            if (member == 2) changed.firstSeq += 1;
            if (member == 3) changed.total -= 1;
            if (member == 4) changed.priced += 1;
            if (member == 5) changed.cumulative += 1;
            if (member == 6) changed.unsignedTotal = 0;
            if (member == 7) changed.previousDigest = "another";
            if (member == 8) changed.priceHashes[0] = "another";
            vm.expectRevert(refused);
            usage.prove(changed, last, proof, false);
        }
        UsageStatement memory fewer = statementOf(19, 18);
        fewer.signers = new UsageSigner[](0);
        vm.expectRevert(refused);
        usage.prove(fewer, last, proof, false);
        usage.prove(honest, last, proof, false);
    }

    function test_proofs_of_the_two_circuits_are_not_each_other() public {
        UsageStatement memory statement = statementOf(1, 18);
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        bytes memory batch = batchProof(statement);
        bytes memory tree = treeProof(statement);
        vm.expectRevert(_refusal(true));
        usage.prove(statement, last, batch, true);
        vm.expectRevert(_refusal(false));
        usage.prove(statement, last, tree, false);
        // A tree that was joined under keys of its maker's own choice.
        bytes32[] memory inputs = usage.publicInputsOf(statement, true);
        inputs[74] = bytes32(uint256(99));
        vm.expectRevert(_refusal(true));
        usage.prove(statement, last, abi.encode(bytes32("tree"), inputs), true);
    }

    function test_receipts_of_another_chain_or_verifier_are_refused() public {
        UsageStatement memory statement = statementOf(1, 18);
        bytes32 separator = statement.domainSeparator;
        statement.domainSeparator = "another";
        _refuse(
            statement,
            abi.encodeWithSelector(
                IUsageProofs.DomainMismatch.selector, separator, statement.domainSeparator
            )
        );
        statement.domainSeparator = separator;
        vm.chainId(1);
        _refuse(
            statement,
            abi.encodeWithSelector(
                IUsageProofs.DomainMismatch.selector, verifier.domainSeparator(), separator
            )
        );
    }

    function test_keys_that_were_not_registered_at_both_ends_are_refused() public {
        UsageStatement memory statement = statementOf(1, 18);
        statement.signers[0] = signerOf(OTHER_KEY);
        _refuse(statement, _keyNotActive(contributor, OTHER_KEY));
        statement.signers[0] = signerOf(CONTRIBUTOR_KEY);
        statement.signers[0].contributor = gateway;
        _refuse(statement, _keyNotActive(gateway, CONTRIBUTOR_KEY));
        statement.signers[0].contributor = contributor;
        statement.signers[0].firstFinishedAt = START_S - 1;
        _refuse(statement, _keyNotActive(contributor, CONTRIBUTOR_KEY));
        statement.signers[0].firstFinishedAt = START_S + 10;

        uint64 revokedAt = uint64(block.timestamp);
        vm.prank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        statement.signers[0].lastFinishedAt = revokedAt;
        _refuse(statement, _keyNotActive(contributor, CONTRIBUTOR_KEY));
        // One bad entry among good ones.
        UsageSigner[] memory several = new UsageSigner[](8);
        statement.signers[0].lastFinishedAt = revokedAt - 1;
        for (uint256 i = 0; i < 8; ++i) {
            several[i] = signerOf(CONTRIBUTOR_KEY);
        }
        several[7].lastFinishedAt = revokedAt;
        statement.signers = several;
        _refuse(statement, _keyNotActive(contributor, CONTRIBUTOR_KEY));
        several[7].lastFinishedAt = revokedAt - 1;
        proveUsage(statement);
    }

    function test_the_gateway_vouches_for_the_last_receipt() public {
        UsageStatement memory statement = statementOf(1, 18);
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        bytes memory proof = batchProof(statement);
        bytes memory refused = abi.encodeWithSelector(
            IUsageProofs.NotSignedByGateway.selector, gateway, statement.lastDigest
        );
        bytes memory good = last.gatewaySignature;
        bytes[3] memory bad = [
            bytes(""),
            signatureOf(CONTRIBUTOR_KEY, statement.lastDigest),
            signatureOf(GATEWAY_KEY, statement.previousDigest)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            last.gatewaySignature = bad[i];
            vm.expectRevert(refused);
            usage.prove(statement, last, proof, false);
        }
        last.gatewaySignature = good;
        statement.lastFinishedAt = START_S - 1; // before the key
        vm.expectRevert(refused);
        usage.prove(statement, last, proof, false);
    }

    function test_the_last_receipt_is_anchored() public {
        UsageStatement memory statement = statementOf(1, 18);
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        bytes memory proof = batchProof(statement);
        bytes32 root = last.root;
        last.root = "never anchored";
        _refuseNotAnchored(statement, last, proof);
        last.root = root;
        bytes32[] memory path = last.path;
        last.path = new bytes32[](0);
        _refuseNotAnchored(statement, last, proof);
        last.path = path;
        last.path[0] = "another";
        _refuseNotAnchored(statement, last, proof);
    }

    function test_statements_without_sense_are_refused() public {
        UsageStatement memory statement = statementOf(1, 18);
        statement.count = 0;
        _refuse(statement, abi.encodeWithSelector(IUsageProofs.RangeEmpty.selector, 1, 0));
        statement = statementOf(1, 18);
        statement.firstSeq = 0;
        _refuse(statement, abi.encodeWithSelector(IUsageProofs.RangeEmpty.selector, 0, 18));
        statement = statementOf(1, 18);
        statement.previousDigest = "one before the first";
        _refuse(statement, _beginning(1, statement.previousDigest, 0));
        statement = statementOf(1, 18);
        statement.cumulative += 3;
        _refuse(statement, _beginning(1, 0, 3));
        statement = statementOf(2, 18);
        statement.previousDigest = 0;
        _refuse(statement, _beginning(2, 0, 10));
        statement = statementOf(1, 18);
        statement.priceHashes = new bytes32[](0);
        _refuse(statement, abi.encodeWithSelector(IUsageProofs.SheetsRefused.selector, 0));
        statement.priceHashes = new bytes32[](5);
        _refuse(statement, abi.encodeWithSelector(IUsageProofs.SheetsRefused.selector, 5));
        statement = statementOf(1, 18);
        statement.signers = new UsageSigner[](9);
        _refuse(statement, abi.encodeWithSelector(IUsageProofs.TooManySigners.selector, 9, 8));
        // Numbers that run over, and a total above all that was ever charged.
        statement = statementOf(2, 18);
        statement.count = type(uint64).max - 1;
        _refusePanic(statement);
        statement = statementOf(1, 18);
        statement.total = statement.cumulative + 1;
        _refusePanic(statement);
    }

    function test_a_hostile_verifier_and_one_that_is_not_there_prove_nothing() public {
        UsageStatement memory statement = statementOf(1, 18);
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        usage = _usageProofs(new RudeVerifier());
        for (uint8 manner = 0; manner < 7; ++manner) {
            vm.expectRevert(_refusal(false));
            usage.prove(statement, last, abi.encodePacked(manner), false);
        }
        usage = _usageProofs(IProofVerifier(address(0xDEAD)));
        vm.expectRevert(_refusal(false));
        usage.prove(statement, last, "", false);
        vm.expectRevert(_refusal(true)); // no circuit that joins
        usage.prove(statement, last, "", true);
    }

    function test_a_circuit_that_joins_needs_both_keys() public {
        UsageCircuits memory circuits = UsageCircuits({
            batch: IProofVerifier(address(1)),
            tree: IProofVerifier(address(2)),
            batchKey: BATCH_KEY,
            treeKey: 0
        });
        vm.expectRevert(IUsageProofs.TreeKeysMissing.selector);
        new UsageProofs(contributors, gateways, receiptAnchor, address(verifier), circuits);
        (circuits.batchKey, circuits.treeKey) = (0, TREE_KEY);
        vm.expectRevert(IUsageProofs.TreeKeysMissing.selector);
        new UsageProofs(contributors, gateways, receiptAnchor, address(verifier), circuits);
    }

    function testFuzz_the_total_is_the_sum_of_its_ranges(uint8[6] calldata counts) public {
        uint64[] memory boundaries = new uint64[](7);
        boundaries[0] = 1;
        for (uint256 i = 0; i < 6; ++i) {
            uint64 count = 1 + uint64(counts[i]);
            proveUsage(statementOf(boundaries[i], count));
            boundaries[i + 1] = boundaries[i] + count;
        }
        _assertTotal(boundaries, 10 * uint128(boundaries[6] - 1), 60);
    }

    function _usageProofs(IProofVerifier batch) private returns (UsageProofs) {
        UsageCircuits memory circuits = UsageCircuits(batch, IProofVerifier(address(0)), 0, 0);
        return new UsageProofs(contributors, gateways, receiptAnchor, address(verifier), circuits);
    }

    function _refuse(UsageStatement memory statement, bytes memory revertData) private {
        IUsageProofs.LastReceipt memory last = lastOf(statement);
        bytes memory proof = statement.signers.length > 8 || statement.priceHashes.length > 4
            ? bytes("")
            : batchProof(statement);
        vm.expectRevert(revertData);
        usage.prove(statement, last, proof, false);
    }

    function _refusePanic(UsageStatement memory statement) private {
        _refuse(statement, abi.encodeWithSignature("Panic(uint256)", 0x11));
    }

    function _refuseNotAnchored(
        UsageStatement memory statement,
        IUsageProofs.LastReceipt memory last,
        bytes memory proof
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsageProofs.NotAnchored.selector, statement.lastDigest, last.root
            )
        );
        usage.prove(statement, last, proof, false);
    }

    function _refusal(bool isTree) private view returns (bytes memory) {
        IProofVerifier judge = isTree ? usage.treeVerifier() : usage.batchVerifier();
        return abi.encodeWithSelector(IUsageProofs.ProofRefused.selector, judge);
    }

    function _keyNotActive(address operator, uint256 key) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IUsageProofs.KeyNotActive.selector, operator, vm.addr(key));
    }

    function _beginning(uint64 firstSeq, bytes32 previous, uint128 earlier)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IUsageProofs.BeginningMismatch.selector, firstSeq, previous, earlier
        );
    }

    function _boundaries(uint64 a, uint64 b, uint64 c, uint64 d)
        private
        pure
        returns (uint64[] memory boundaries)
    {
        boundaries = new uint64[](4);
        (boundaries[0], boundaries[1], boundaries[2], boundaries[3]) = (a, b, c, d);
    }

    function _assertTotal(uint64[] memory boundaries, uint128 total, uint128 unsignedTotal)
        private
        view
    {
        (uint128 audited, uint128 unsigned) = usage.auditedTotal(gateway, CHANNEL, boundaries);
        vm.assertEq(audited, total);
        vm.assertEq(unsigned, unsignedTotal);
    }
}
