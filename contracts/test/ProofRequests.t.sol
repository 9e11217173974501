// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofRequests} from "../src/interfaces/IProofRequests.sol";
import {ISlashing} from "../src/interfaces/ISlashing.sol";
import {ReceiptStatus} from "../src/types/ReceiptStatus.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {Work} from "../src/types/Work.sol";
import {SlashingFixture} from "./support/SlashingFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice S5 for tier 64: a gateway has a day to show a proof once it is asked, and loses nothing for those
/// that nobody asked for.
contract ProofRequestsTest is SlashingFixture {
    uint16 private constant TIER = 64;

    function setUp() public {
        setUpSlashing();
        asset.mint(reporter, 3 * PROOF_BOND);
        vm.prank(reporter);
        asset.approve(address(slashing), type(uint256).max);
        vm.warp(START_S + 100);
    }

    /// @dev What was wrong: a true claim whose proof lay with the receipt cost everything a day later.
    function test_a_gateway_that_was_not_asked_cannot_be_slashed() public {
        Receipt memory receipt = _claiming(1);
        vm.warp(receipt.work.finishedAt + 3 days);
        _expectReport(
            receipt,
            abi.encodeWithSelector(IProofRequests.ProofNotRequested.selector, _idOf(receipt.work))
        );
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE);
    }

    function test_who_is_asked_shows_the_proof_and_has_the_bond() public {
        Receipt memory receipt = _claiming(1);
        vm.expectEmit(address(slashing));
        emit IProofRequests.ProofRequested(
            _idOf(receipt.work),
            gateway,
            reporter,
            receipt.work.modelId,
            receipt.work.inputHash,
            receipt.work.contentHash,
            uint64(block.timestamp) + 1 days
        );
        _ask(receipt);
        vm.assertEq(asset.balanceOf(reporter), 2 * PROOF_BOND);
        _prove(receipt.work);
        vm.expectEmit(address(slashing));
        emit IProofRequests.RequestClosed(_idOf(receipt.work), gateway);
        _close(receipt.work);
        vm.warp(block.timestamp + 2 days);
        _expectReport(receipt, abi.encodeWithSelector(ISlashing.TierHolds.selector, TIER));
        vm.prank(gateway);
        slashing.withdrawBonds(address(0xCAFE));
        vm.assertEq(asset.balanceOf(address(0xCAFE)), PROOF_BOND);
        // Once.
        _close(receipt.work);
        vm.assertEq(slashing.bondsOwed(gateway), 0);
        vm.prank(gateway);
        slashing.withdrawBonds(address(0xCAFE));
        vm.assertEq(asset.balanceOf(address(0xCAFE)), PROOF_BOND);
    }

    function test_one_proof_answers_for_all_receipts_that_say_the_same() public {
        Receipt memory receipt = _claiming(1);
        _ask(receipt);
        _prove(receipt.work);
        Receipt memory other = _claiming(2);
        vm.assertTrue(verifier.digestOf(receipt) != verifier.digestOf(other));
        vm.warp(block.timestamp + 2 days);
        _expectReport(other, abi.encodeWithSelector(ISlashing.TierHolds.selector, TIER));
        bytes memory signature = signReceipt(other, GATEWAY_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IProofRequests.AlreadyProven.selector,
                other.work.modelId,
                other.work.inputHash,
                other.work.contentHash
            )
        );
        vm.prank(reporter);
        slashing.requestProof(other, signature);
    }

    function test_who_shows_no_proof_in_a_day_loses_everything_to_who_asked() public {
        Receipt memory receipt = _claiming(1);
        _ask(receipt);
        uint256 answerableUntil = block.timestamp + 1 days;
        vm.warp(answerableUntil);
        _expectReport(
            receipt,
            abi.encodeWithSelector(
                IProofRequests.ProofTimeNotOver.selector, answerableUntil, answerableUntil
            )
        );
        vm.warp(answerableUntil + 1);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.prank(address(0xBAD)); // whoever sees the time run out first
        slashing.reportFalseTier(receipt, signature, TIER);
        bytes32 digest = verifier.digestOf(receipt);
        vm.assertEq(gateways.operators(gateway).stake, 0);
        vm.assertEq(receiptAnchor.statusOf(digest), ReceiptStatus.INVALIDATED);
        (address rewarded,) = gateways.forfeits(keccak256(abi.encode("S5", digest, TIER)));
        vm.assertEq(rewarded, reporter);
        vm.prank(reporter);
        slashing.withdrawBonds(reporter);
        vm.assertEq(asset.balanceOf(reporter), 3 * PROOF_BOND);
    }

    function test_a_proof_that_came_late_still_shows_a_true_claim() public {
        Receipt memory receipt = _claiming(1);
        _ask(receipt);
        vm.warp(block.timestamp + 2 days);
        _prove(receipt.work);
        _expectReport(receipt, abi.encodeWithSelector(ISlashing.TierHolds.selector, TIER));
        _close(receipt.work);
        vm.assertEq(slashing.bondsOwed(gateway), PROOF_BOND);
    }

    function test_another_gateway_is_asked_for_itself() public {
        address other = address(0x6A7E0002);
        uint256 key = 0x6A7F;
        vm.warp(START_S);
        register(gateways, other, key);
        Receipt memory receipt = _claiming(1);
        vm.warp(START_S + 100);
        _ask(receipt);
        vm.warp(block.timestamp + 2 days);
        // Nobody asked this one, which has the proof.
        Receipt memory honest = _claiming(2);
        honest.work.gateway = other;
        bytes memory signature = signReceipt(honest, key);
        vm.expectRevert(
            abi.encodeWithSelector(IProofRequests.ProofNotRequested.selector, _idOf(honest.work))
        );
        slashing.reportFalseTier(honest, signature, TIER);
    }

    function test_only_receipts_of_the_gateway_that_claim_the_tier_can_be_asked_about() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.expectRevert(abi.encodeWithSelector(ISlashing.TierNotClaimed.selector, 3, TIER));
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
        receipt = _claiming(1);
        signature = signReceipt(receipt, OTHER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISlashing.EvidenceNotSigned.selector, gateway, verifier.digestOf(receipt)
            )
        );
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
    }

    function test_a_proof_is_asked_for_while_the_stake_can_still_be_reached() public {
        Receipt memory receipt = _claiming(1);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        uint256 usableUntil = receipt.work.finishedAt + UNBONDING - 1 days;
        vm.warp(usableUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISlashing.EvidenceExpired.selector, usableUntil, usableUntil + 1)
        );
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
        vm.warp(usableUntil);
        _ask(receipt);
    }

    function test_an_inference_is_asked_about_once_and_by_a_bond() public {
        Receipt memory receipt = _claiming(1);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.expectRevert();
        slashing.requestProof(receipt, signature); // nothing to take a bond from
        _ask(receipt);
        vm.expectRevert(
            abi.encodeWithSelector(
                IProofRequests.AlreadyRequested.selector, _idOf(receipt.work), reporter
            )
        );
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
        (address asker, uint64 answerableUntil, bool isBonded) =
            slashing.proofRequests(_idOf(receipt.work));
        vm.assertEq(asker, reporter);
        vm.assertEq(answerableUntil, block.timestamp + 1 days);
        vm.assertTrue(isBonded);
    }

    function test_a_request_is_closed_by_a_proof_alone() public {
        Receipt memory receipt = _claiming(1);
        Work memory work = receipt.work;
        vm.expectRevert(
            abi.encodeWithSelector(IProofRequests.ProofNotRequested.selector, _idOf(work))
        );
        _close(work);
        _ask(receipt);
        vm.expectRevert(
            abi.encodeWithSelector(
                IProofRequests.NotProven.selector, work.modelId, work.inputHash, work.contentHash
            )
        );
        _close(work);
    }

    function _claiming(uint256 salt) private view returns (Receipt memory receipt) {
        receipt = receiptOf(salt);
        receipt.tiers = 3 | TIER;
    }

    function _ask(Receipt memory receipt) private {
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
    }

    function _close(Work memory work) private {
        slashing.closeRequest(work.gateway, work.modelId, work.inputHash, work.contentHash);
    }

    function _expectReport(Receipt memory receipt, bytes memory revertData) private {
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.expectRevert(revertData);
        slashing.reportFalseTier(receipt, signature, TIER);
    }

    function _prove(Work memory work) private {
        tierEvidence.proveInference(
            work.modelId,
            work.inputHash,
            work.contentHash,
            abi.encode(keccak256(abi.encode(work.modelId, work.inputHash, work.contentHash)))
        );
    }

    function _idOf(Work memory work) private view returns (bytes32) {
        return slashing.requestIdOf(work.gateway, work.modelId, work.inputHash, work.contentHash);
    }
}
