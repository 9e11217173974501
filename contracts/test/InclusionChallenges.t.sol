// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInclusionChallenges} from "../src/interfaces/IInclusionChallenges.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {Merkle} from "./support/Merkle.sol";
import {SlashingFixture} from "./support/SlashingFixture.sol";
import {vm} from "./support/Vm.sol";

contract InclusionChallengesTest is SlashingFixture {
    uint64 private constant ANCHOR_BY = START_S + 600;

    Receipt private _receipt;
    bytes32 private _digest;
    bytes private _signature;

    function setUp() public {
        setUpSlashing();
        Receipt memory receipt = receiptOf(1);
        receipt.anchorBy = ANCHOR_BY;
        _receipt = receipt;
        _digest = verifier.digestOf(receipt);
        _signature = signReceipt(receipt, GATEWAY_KEY);
        vm.warp(ANCHOR_BY + 1);
    }

    function test_S4_a_promise_that_nobody_can_show_kept_is_paid_for() public {
        _challenge();
        vm.assertEq(verifier.status(_digest), 2);
        vm.warp(block.timestamp + 24 hours + 1);
        inclusion.conclude(_digest);
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE - PROMISE_PENALTY);
        vm.assertEq(verifier.status(_digest), 0);
        gateways.payForfeit(keccak256(abi.encode("S4", _digest)));
        vm.assertEq(asset.balanceOf(reporter), PROMISE_PENALTY / 5);
        vm.expectRevert(abi.encodeWithSelector(IInclusionChallenges.NoChallenge.selector, _digest));
        inclusion.conclude(_digest);
        vm.expectRevert(
            abi.encodeWithSelector(IInclusionChallenges.AlreadyChallenged.selector, _digest)
        );
        inclusion.challenge(_receipt, _signature);
    }

    function test_S4_a_kept_promise_is_shown_by_anyone() public {
        vm.warp(ANCHOR_BY);
        (bytes32 root, bytes32[] memory proof) = _anchor();
        vm.warp(ANCHOR_BY + 1);
        _challenge();
        inclusion.answer(_digest, root, proof);
        vm.assertEq(verifier.status(_digest), 0);
        vm.warp(block.timestamp + 24 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IInclusionChallenges.NoChallenge.selector, _digest));
        inclusion.conclude(_digest);
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE);
    }

    function test_S4_anchoring_late_or_elsewhere_is_not_what_was_promised() public {
        _challenge();
        (bytes32 root, bytes32[] memory proof) = _anchor();
        vm.expectRevert(
            abi.encodeWithSelector(
                IInclusionChallenges.NotIncludedInTime.selector, block.timestamp, ANCHOR_BY
            )
        );
        inclusion.answer(_digest, root, proof);
        vm.expectRevert(
            abi.encodeWithSelector(IInclusionChallenges.NotIncludedInTime.selector, 0, ANCHOR_BY)
        );
        inclusion.answer(_digest, keccak256("another root"), proof);
    }

    function test_S4_the_time_to_answer_is_a_day() public {
        vm.warp(ANCHOR_BY);
        (bytes32 root, bytes32[] memory proof) = _anchor();
        vm.warp(ANCHOR_BY + 1);
        _challenge();
        uint256 until = block.timestamp + 24 hours;
        vm.warp(until);
        vm.expectRevert(
            abi.encodeWithSelector(IInclusionChallenges.AnswerTimeNotOver.selector, until, until)
        );
        inclusion.conclude(_digest);
        vm.warp(until + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInclusionChallenges.AnswerTimeOver.selector, until, until + 1)
        );
        inclusion.answer(_digest, root, proof);
    }

    function test_S4_what_is_on_record_cannot_be_challenged() public {
        vm.warp(ANCHOR_BY);
        (bytes32 root, bytes32[] memory proof) = _anchor();
        receiptAnchor.recordInclusion(_digest, root, proof);
        vm.warp(ANCHOR_BY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInclusionChallenges.AlreadyOnRecord.selector, _digest, ANCHOR_BY
            )
        );
        inclusion.challenge(_receipt, _signature);
    }

    function test_S4_only_a_due_signed_and_recent_promise_can_be_challenged() public {
        Receipt memory receipt = receiptOf(2);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.expectRevert(IInclusionChallenges.NoPromise.selector);
        inclusion.challenge(receipt, signature);
        vm.warp(ANCHOR_BY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInclusionChallenges.PromiseNotDue.selector, ANCHOR_BY, ANCHOR_BY
            )
        );
        inclusion.challenge(_receipt, _signature);
        vm.warp(ANCHOR_BY + 1);
        signature = signReceipt(_receipt, OTHER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInclusionChallenges.EvidenceNotSigned.selector, gateway, _digest
            )
        );
        inclusion.challenge(_receipt, signature);
        uint256 usableUntil = uint256(ANCHOR_BY) + UNBONDING - 24 hours;
        vm.warp(usableUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInclusionChallenges.EvidenceExpired.selector, usableUntil, usableUntil + 1
            )
        );
        inclusion.challenge(_receipt, _signature);
    }

    function _challenge() private {
        vm.prank(reporter);
        inclusion.challenge(_receipt, _signature);
    }

    function _anchor() private returns (bytes32 root, bytes32[] memory proof) {
        bytes32[] memory digests = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            digests[i] = keccak256(abi.encode(i));
        }
        digests[1] = _digest;
        root = Merkle.rootOf(digests);
        proof = Merkle.proofOf(digests, 1);
        vm.prank(gateway);
        receiptAnchor.anchor(root, 3, 0);
    }
}
