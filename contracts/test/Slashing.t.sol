// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ISlashing} from "../src/interfaces/ISlashing.sol";
import {ReceiptDomain} from "../src/libraries/ReceiptDomain.sol";
import {TypedData} from "../src/libraries/TypedData.sol";
import {CHECKPOINT_TYPEHASH, Checkpoint} from "../src/types/Checkpoint.sol";
import {PriceSheet} from "../src/types/PriceSheet.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {Work} from "../src/types/Work.sol";
import {OwnedWallet} from "./hostile/Wallets.sol";
import {SlashingFixture} from "./support/SlashingFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

contract SlashingTest is SlashingFixture {
    function setUp() public {
        setUpSlashing();
        vm.warp(START_S + 100);
    }

    // S1

    function test_S1_two_works_for_one_job_cost_the_whole_stake_once() public {
        (Work memory first, Work memory second) = _works();
        _reportWorks(first, second);
        vm.assertEq(contributors.operators(contributor).stake, 0);
        contributors.payForfeit(_s1());
        vm.assertEq(asset.balanceOf(reporter), MIN_STAKE / 5);
        vm.assertEq(asset.balanceOf(insurance), MIN_STAKE - MIN_STAKE / 5);

        // With new stake the same fault is not slashed again, in no order and by no other pair.
        _restake();
        _expectWorksRevert(second, first, _alreadySlashed());
        second.completionTokens += 1;
        _expectWorksRevert(first, second, _alreadySlashed());
    }

    function test_S1_needs_two_different_works_of_one_job() public {
        (Work memory first, Work memory second) = _works();
        bytes32 hash =
            keccak256(bytes.concat(abi.encode(keccak256(bytes(_workType()))), abi.encode(first)));
        _expectWorksRevert(
            first, first, abi.encodeWithSelector(ISlashing.NoContradiction.selector, hash)
        );
        bytes memory unrelated = abi.encodeWithSelector(ISlashing.EvidenceUnrelated.selector);
        (, second) = _works();
        second.jobId = keccak256("another job");
        _expectWorksRevert(first, second, unrelated);
        (, second) = _works();
        second.gateway = client; // job ids are unique for one gateway only
        _expectWorksRevert(first, second, unrelated);
        (, second) = _works();
        second.contributor = client;
        _expectWorksRevert(first, second, unrelated);
    }

    /// @dev Mutations of good evidence: whatever is changed in a signed Work or a signature, the
    /// contributor keeps its stake.
    function test_S1_evidence_that_was_tampered_with_is_worthless(uint8 position, uint8 flip)
        public
    {
        if (flip == 0) return;
        (Work memory first, Work memory second) = _works();
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = signWork(second, CONTRIBUTOR_KEY);
        secondSignature[position % 65] = secondSignature[position % 65] ^ bytes1(flip);
        try slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature) {
            vm.assertTrue(false, "a changed signature was taken");
        } catch {}
        secondSignature = signWork(second, CONTRIBUTOR_KEY);
        second.startedAt ^= flip;
        try slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature) {
            vm.assertTrue(false, "a changed work was taken");
        } catch {}
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE);
    }

    function test_S1_evidence_of_other_keys_chains_or_verifiers_is_none() public {
        (Work memory first, Work memory second) = _works();
        bytes memory signature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory foreign = signWork(second, OTHER_KEY);
        vm.expectRevert(_notSigned(second));
        slashing.reportWorkEquivocation(first, signature, second, foreign);
        vm.expectRevert(_notSigned(second));
        slashing.reportWorkEquivocation(second, foreign, first, signature);

        bytes memory secondSignature = signWork(second, CONTRIBUTOR_KEY);
        vm.chainId(1);
        vm.expectRevert(_notSigned(first));
        slashing.reportWorkEquivocation(first, signature, second, secondSignature);
    }

    function test_S1_counts_whichever_of_the_keys_signed() public {
        OwnedWallet wallet = new OwnedWallet(vm.addr(OTHER_KEY));
        vm.startPrank(contributor);
        contributors.addSigningKey(vm.addr(OTHER_KEY), START_S);
        contributors.addSigningKey(address(wallet), START_S);
        vm.stopPrank();
        (Work memory first, Work memory second) = _works();
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        slashing.reportWorkEquivocation(first, firstSignature, second, signWork(second, OTHER_KEY));
        vm.assertEq(contributors.operators(contributor).stake, 0);

        _restake();
        first.jobId = second.jobId = keccak256("another job");
        bytes memory byWallet = abi.encodePacked(address(wallet), signWork(first, OTHER_KEY));
        slashing.reportWorkEquivocation(first, byWallet, second, signWork(second, CONTRIBUTOR_KEY));
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }

    /// @dev One key signed both, and each time it signed must lie in its epoch.
    function test_S1_what_a_key_signs_outside_its_epoch_is_no_evidence() public {
        vm.warp(START_S + 20);
        vm.prank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        (Work memory first, Work memory second) = _works();
        second.finishedAt = START_S + 20; // revoked in this second
        _expectWorksRevert(first, second, _notSigned(second));
        _expectWorksRevert(second, first, _notSigned(second));
        second.finishedAt = START_S - 1;
        _expectWorksRevert(first, second, _notSigned(second));
        second.finishedAt = START_S + 19;
        _reportWorks(first, second);
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }

    /// @dev A disk is lost, and with it the book of jobs: the key is revoked, and another begins anew.
    function test_S1_a_key_that_began_when_the_other_had_ended_contradicts_nothing() public {
        (Work memory first, Work memory second) = _works();
        vm.startPrank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        contributors.addSigningKey(vm.addr(OTHER_KEY), START_S + 100);
        vm.stopPrank();
        second.finishedAt = START_S + 100;
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = signWork(second, OTHER_KEY);
        bytes memory apart = abi.encodeWithSelector(
            ISlashing.KeysNeverTogether.selector, vm.addr(CONTRIBUTOR_KEY), vm.addr(OTHER_KEY)
        );
        vm.expectRevert(apart);
        slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature);
        // Whoever has both keys at one time speaks with one mouth.
        vm.warp(START_S + 101);
        vm.prank(contributor);
        contributors.addSigningKey(vm.addr(0xB007), START_S + 100);
        secondSignature = signWork(second, OTHER_KEY);
        first.finishedAt = START_S + 101;
        slashing.reportWorkEquivocation(first, signWork(first, 0xB007), second, secondSignature);
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }

    function test_S2_a_ledger_that_began_anew_with_another_key_contradicts_nothing() public {
        vm.startPrank(gateway);
        gateways.revokeSigningKey(vm.addr(GATEWAY_KEY));
        gateways.addSigningKey(vm.addr(OTHER_KEY), START_S + 100);
        vm.stopPrank();
        Receipt memory first = receiptOf(1);
        Receipt memory second = receiptOf(2);
        second.work.finishedAt = START_S + 100;
        bytes memory firstSignature = signReceipt(first, GATEWAY_KEY);
        bytes memory secondSignature = signReceipt(second, OTHER_KEY);
        bytes memory apart = abi.encodeWithSelector(
            ISlashing.KeysNeverTogether.selector, vm.addr(GATEWAY_KEY), vm.addr(OTHER_KEY)
        );
        vm.expectRevert(apart);
        slashing.reportReceiptEquivocation(first, firstSignature, second, secondSignature);
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE);
    }

    /// @dev A lie does not become true by dating it to before the second key.
    function test_S2_a_key_that_was_never_revoked_answers_for_what_the_next_one_signs() public {
        vm.prank(gateway);
        gateways.addSigningKey(vm.addr(OTHER_KEY), START_S + 100);
        Receipt memory first = receiptOf(1);
        Receipt memory second = receiptOf(2);
        second.work.finishedAt = START_S + 100;
        bytes memory firstSignature = signReceipt(first, GATEWAY_KEY);
        bytes memory secondSignature = signReceipt(second, OTHER_KEY);
        slashing.reportReceiptEquivocation(second, secondSignature, first, firstSignature);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S1_evidence_is_good_for_the_unbonding_time() public {
        (Work memory first, Work memory second) = _works();
        second.finishedAt = first.finishedAt + 10; // the newer one counts
        uint256 usableUntil = uint256(second.finishedAt) + UNBONDING;
        vm.warp(usableUntil + 1);
        _expectWorksRevert(
            first,
            second,
            abi.encodeWithSelector(ISlashing.EvidenceExpired.selector, usableUntil, usableUntil + 1)
        );
        vm.warp(usableUntil);
        _reportWorks(second, first);
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }

    function test_S1_reaches_what_is_unbonding() public {
        vm.startPrank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        contributors.startUnbonding(MIN_STAKE);
        vm.stopPrank();
        (Work memory first, Work memory second) = _works();
        _reportWorks(first, second);
        vm.assertEq(contributors.operators(contributor).unbonding, 0);
    }

    function test_S1_two_checkpoints_with_one_index_are_the_same_fault() public {
        Checkpoint memory first = _checkpoint("h1");
        Checkpoint memory second = _checkpoint("h2");
        vm.prank(reporter);
        slashing.reportCheckpointEquivocation(
            first, _sign(first, CONTRIBUTOR_KEY), second, _sign(second, CONTRIBUTOR_KEY)
        );
        vm.assertEq(contributors.operators(contributor).stake, 0);
        _restake();
        (Work memory one, Work memory other) = _works();
        _expectWorksRevert(one, other, _alreadySlashed());
    }

    function test_S1_checkpoints_must_contradict_each_other() public {
        Checkpoint memory first = _checkpoint("h1");
        Checkpoint memory second = _checkpoint("h2");
        second.index += 1;
        _expectCheckpointsRevert(
            first, second, abi.encodeWithSelector(ISlashing.EvidenceUnrelated.selector)
        );
        _expectCheckpointsRevert(
            first,
            first,
            abi.encodeWithSelector(ISlashing.NoContradiction.selector, _checkpointHash(first))
        );
        second = _checkpoint("h2");
        bytes memory good = _sign(first, CONTRIBUTOR_KEY);
        bytes memory foreign = _sign(second, OTHER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISlashing.EvidenceNotSigned.selector, contributor, _checkpointDigest(second)
            )
        );
        slashing.reportCheckpointEquivocation(first, good, second, foreign);
        vm.warp(START_S + 12 + UNBONDING + 1);
        _expectCheckpointsRevert(
            first,
            second,
            abi.encodeWithSelector(
                ISlashing.EvidenceExpired.selector, START_S + 12 + UNBONDING, block.timestamp
            )
        );
    }

    // S2

    function test_S2_two_receipts_with_one_number_cost_the_whole_bond() public {
        Receipt memory first = receiptOf(1);
        Receipt memory second = receiptOf(2);
        second.channelSeq = 9;
        _reportReceipts(first, second);
        vm.assertEq(gateways.operators(gateway).stake, 0);
        vm.assertEq(verifier.status(verifier.digestOf(first)), 3);
        vm.assertEq(verifier.status(verifier.digestOf(second)), 3);
    }

    function test_S2_the_number_on_the_channel_counts_as_well() public {
        Receipt memory first = receiptOf(1);
        Receipt memory second = receiptOf(2);
        second.gatewaySeq = 8;
        _reportReceipts(first, second);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S2_receipts_that_agree_or_are_unrelated_are_no_fault() public {
        Receipt memory first = receiptOf(1);
        bytes32 digest = verifier.digestOf(first);
        _expectReceiptsRevert(
            first, first, abi.encodeWithSelector(ISlashing.NoContradiction.selector, digest)
        );
        bytes memory unrelated = abi.encodeWithSelector(ISlashing.EvidenceUnrelated.selector);
        Receipt memory second = receiptOf(2);
        second.gatewaySeq = 8;
        second.channelSeq = 4;
        _expectReceiptsRevert(first, second, unrelated);
        second = receiptOf(2);
        second.work.gateway = client;
        _expectReceiptsRevert(first, second, unrelated);
        // Without a channel there is no number on it.
        first.channelId = bytes32(0);
        second = receiptOf(2);
        second.channelId = bytes32(0);
        second.gatewaySeq = 8;
        _expectReceiptsRevert(first, second, unrelated);
    }

    // S3

    function test_S3_an_overcharge_costs_ten_times_the_excess() public {
        Receipt memory receipt = receiptOf(1);
        receipt.cost = 240 + 1_000_000;
        _reportOvercharge(receipt, priceSheet());
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE - 10_000_000);
        bytes32 faultId = keccak256(abi.encode("S3", verifier.digestOf(receipt)));
        _reportOvercharge(
            receipt,
            priceSheet(),
            abi.encodeWithSelector(IOperatorRegistry.FaultAlreadySlashed.selector, faultId)
        );
    }

    function test_S3_an_overcharge_beyond_the_bond_takes_the_bond() public {
        Receipt memory receipt = receiptOf(1);
        receipt.cost = type(uint128).max;
        _reportOvercharge(receipt, priceSheet());
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S3_a_price_within_the_sheet_is_no_fault() public {
        Receipt memory receipt = receiptOf(1);
        _reportOvercharge(
            receipt, priceSheet(), abi.encodeWithSelector(ISlashing.NoOvercharge.selector, 240, 240)
        );
        receipt.cost = 0;
        _reportOvercharge(
            receipt, priceSheet(), abi.encodeWithSelector(ISlashing.NoOvercharge.selector, 0, 240)
        );
    }

    function test_S3_the_sheet_is_the_one_that_the_receipt_names() public {
        Receipt memory receipt = receiptOf(1);
        receipt.cost = 1_000_000;
        PriceSheet memory sheet = priceSheet();
        sheet.promptAtomicPerMtok -= 1;
        _reportOvercharge(
            receipt,
            sheet,
            abi.encodeWithSelector(
                ISlashing.SheetMismatch.selector, receipt.priceHash, sheet.hashStruct()
            )
        );

        sheet = priceSheet();
        sheet.operator = contributor;
        receipt.priceHash = sheet.hashStruct();
        _reportOvercharge(
            receipt,
            sheet,
            abi.encodeWithSelector(ISlashing.SheetOfOther.selector, contributor, sheet.modelId)
        );

        sheet = priceSheet();
        sheet.modelId = "another model";
        receipt.priceHash = sheet.hashStruct();
        _reportOvercharge(
            receipt,
            sheet,
            abi.encodeWithSelector(ISlashing.SheetOfOther.selector, gateway, sheet.modelId)
        );

        sheet = priceSheet();
        sheet.asset = client;
        receipt.priceHash = sheet.hashStruct();
        _reportOvercharge(
            receipt,
            sheet,
            abi.encodeWithSelector(ISlashing.AssetMismatch.selector, address(asset), client)
        );
    }

    function test_S3_the_cost_is_rounded_up_once(
        uint32 prompt,
        uint32 cached,
        uint32 completion,
        uint128 price
    ) public view {
        PriceSheet memory sheet = priceSheet();
        sheet.completionAtomicPerMtok = price;
        uint256 fresh = cached < prompt ? prompt - cached : 0;
        uint256 reused = cached < prompt ? cached : prompt;
        uint256 exact = fresh * 150_000 + reused * 75_000 + uint256(completion) * price;
        uint256 cost = sheet.costRoundedUp(prompt, cached, completion);
        vm.assertLe(exact, cost * 1e6);
        vm.assertLe(cost * 1e6, exact + 1e6 - 1);
    }

    // S5

    function test_S5_a_key_that_is_not_bound_to_a_tee_is_a_false_tier() public {
        Receipt memory receipt = _teeReceipt();
        _reportTier(receipt, 16);
        vm.assertEq(gateways.operators(gateway).stake, 0);
        vm.assertEq(verifier.status(verifier.digestOf(receipt)), 3);
    }

    function test_S5_a_bound_key_holds() public {
        vm.warp(START_S);
        _bindKey(vm.addr(CONTRIBUTOR_KEY), START_S + 30 days);
        vm.warp(START_S + 100);
        _reportTier(_teeReceipt(), 16, abi.encodeWithSelector(ISlashing.TierHolds.selector, 16));
    }

    /// @dev The gateway signs whose Work it is and not which key signed that: with a second key, which
    /// no TEE has, the contributor could sign the Work anew and have the gateway's bond for it.
    function test_S5_a_second_key_that_is_not_bound_makes_no_claim_false() public {
        vm.warp(START_S);
        _bindKey(vm.addr(CONTRIBUTOR_KEY), START_S + 30 days);
        vm.prank(contributor);
        contributors.addSigningKey(vm.addr(OTHER_KEY), START_S);
        vm.warp(START_S + 100);
        Receipt memory receipt = _teeReceipt();
        (bool ok,) = verifier.verify(
            receipt, signWork(receipt.work, OTHER_KEY), signReceipt(receipt, GATEWAY_KEY)
        );
        vm.assertTrue(ok);
        _reportTier(receipt, 16, abi.encodeWithSelector(ISlashing.TierHolds.selector, 16));
    }

    function test_S5_a_binding_that_ended_or_came_later_makes_none_true() public {
        vm.warp(START_S + 13);
        _bindKey(vm.addr(CONTRIBUTOR_KEY), START_S + 30 days);
        vm.warp(START_S + 100);
        _reportTier(_teeReceipt(), 16);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S5_without_a_contributor_there_is_no_key_to_be_bound() public {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 1 | 16;
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        slashing.reportFalseTier(receipt, gatewaySignature, 16);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S5_only_claimed_and_provable_tiers_can_be_false() public {
        Receipt memory receipt = receiptOf(1);
        _reportTier(receipt, 16, abi.encodeWithSelector(ISlashing.TierNotClaimed.selector, 3, 16));
        _reportTier(receipt, 2, abi.encodeWithSelector(ISlashing.TierNotProvable.selector, 2));
    }

    // S6 is shown in InferenceCoordinator.t.sol, where jobs are.

    function test_S6_an_unknown_job_is_no_fault() public {
        vm.expectRevert(
            abi.encodeWithSelector(ISlashing.NotUndelivered.selector, bytes32("unknown"))
        );
        slashing.reportNonDelivery("unknown");
    }

    function _works() private view returns (Work memory first, Work memory second) {
        first = receiptOf(1).work;
        second = receiptOf(1).work;
        second.contentHash = keccak256("another answer");
    }

    function _reportWorks(Work memory first, Work memory second) private {
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = signWork(second, CONTRIBUTOR_KEY);
        vm.prank(reporter);
        slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature);
    }

    function _expectWorksRevert(Work memory first, Work memory second, bytes memory revertData)
        private
    {
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = signWork(second, CONTRIBUTOR_KEY);
        vm.expectRevert(revertData);
        slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature);
    }

    function _reportReceipts(Receipt memory first, Receipt memory second) private {
        bytes memory firstSignature = signReceipt(first, GATEWAY_KEY);
        bytes memory secondSignature = signReceipt(second, GATEWAY_KEY);
        vm.prank(reporter);
        slashing.reportReceiptEquivocation(first, firstSignature, second, secondSignature);
    }

    function _expectReceiptsRevert(
        Receipt memory first,
        Receipt memory second,
        bytes memory revertData
    ) private {
        bytes memory firstSignature = signReceipt(first, GATEWAY_KEY);
        bytes memory secondSignature = signReceipt(second, GATEWAY_KEY);
        vm.expectRevert(revertData);
        slashing.reportReceiptEquivocation(first, firstSignature, second, secondSignature);
    }

    function _reportOvercharge(Receipt memory receipt, PriceSheet memory sheet) private {
        _reportOvercharge(receipt, sheet, "");
    }

    /// @dev The signature is made first: an expected revert waits for the next call of any kind.
    function _reportOvercharge(
        Receipt memory receipt,
        PriceSheet memory sheet,
        bytes memory revertData
    ) private {
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        if (revertData.length != 0) vm.expectRevert(revertData);
        slashing.reportOvercharge(receipt, signature, sheet);
    }

    function _reportTier(Receipt memory receipt, uint16 tier) private {
        _reportTier(receipt, tier, "");
    }

    function _reportTier(Receipt memory receipt, uint16 tier, bytes memory revertData) private {
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        if (revertData.length != 0) vm.expectRevert(revertData);
        slashing.reportFalseTier(receipt, gatewaySignature, tier);
    }

    function _teeReceipt() private view returns (Receipt memory receipt) {
        receipt = receiptOf(1);
        receipt.tiers = 3 | 16;
    }

    function _bindKey(address key, uint64 until) private {
        bytes32 reportData =
            keccak256(abi.encode(block.chainid, address(tierEvidence), contributor, key));
        tierEvidence.bindKey(contributor, key, abi.encode(reportData, key, until));
    }

    function _restake() private {
        asset.mint(contributor, MIN_STAKE);
        vm.startPrank(contributor);
        asset.approve(address(contributors), MIN_STAKE);
        contributors.addStake(MIN_STAKE);
        vm.stopPrank();
    }

    function _checkpoint(bytes32 streamHash) private view returns (Checkpoint memory) {
        return Checkpoint({
            jobId: keccak256(abi.encode("job", 1)),
            gateway: gateway,
            contributor: contributor,
            index: 3,
            streamHash: streamHash,
            completionTokens: 64,
            signedAt: START_S + 12
        });
    }

    function _expectCheckpointsRevert(
        Checkpoint memory first,
        Checkpoint memory second,
        bytes memory revertData
    ) private {
        bytes memory firstSignature = _sign(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = _sign(second, CONTRIBUTOR_KEY);
        vm.expectRevert(revertData);
        slashing.reportCheckpointEquivocation(first, firstSignature, second, secondSignature);
    }

    function _checkpointHash(Checkpoint memory checkpoint) private pure returns (bytes32) {
        return keccak256(abi.encode(CHECKPOINT_TYPEHASH, checkpoint));
    }

    function _checkpointDigest(Checkpoint memory checkpoint) private view returns (bytes32) {
        return
            TypedData.digest(
                ReceiptDomain.separator(address(verifier)), _checkpointHash(checkpoint)
            );
    }

    function _sign(Checkpoint memory checkpoint, uint256 key) private view returns (bytes memory) {
        return signatureOf(key, _checkpointDigest(checkpoint));
    }

    function _notSigned(Work memory work) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            ISlashing.EvidenceNotSigned.selector,
            work.contributor,
            TypedData.digest(ReceiptDomain.separator(address(verifier)), _workHash(work))
        );
    }

    function _s1() private view returns (bytes32) {
        return keccak256(abi.encode("S1", contributor, gateway, keccak256(abi.encode("job", 1))));
    }

    function _alreadySlashed() private view returns (bytes memory) {
        return abi.encodeWithSelector(IOperatorRegistry.FaultAlreadySlashed.selector, _s1());
    }

    function _workType() private pure returns (string memory) {
        return "Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)";
    }

    function _workHash(Work memory work) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(_workType())), abi.encode(work)));
    }
}
