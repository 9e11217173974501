// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReexecutionPanel} from "../../src/ReexecutionPanel.sol";
import {ReceiptDomain} from "../../src/libraries/ReceiptDomain.sol";
import {TypedData} from "../../src/libraries/TypedData.sol";
import {CHECKPOINT_TYPEHASH, Checkpoint} from "../../src/types/Checkpoint.sol";
import {JobTerms} from "../../src/types/JobTerms.sol";
import {PanelTerms} from "../../src/types/PanelTerms.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {JobFixture} from "../support/JobFixture.sol";
import {Merkle} from "../support/Merkle.sol";
import {signatureOf, vm} from "../support/Vm.sol";
import {GasCeilings} from "./GasCeilings.t.sol";

/// @notice What reporting each fault costs, as whole transactions; the first S1 is in GasCeilings.
/// forge-config: default.isolate = true
contract SlashingGasTest is GasCeilings, JobFixture {
    bytes32[] private _digests;

    function setUp() public {
        setUpJobs();
        vm.warp(START_S + 100);
    }

    function test_S1_of_checkpoints() public {
        (Checkpoint memory first, Checkpoint memory second) = (_checkpoint("h1"), _checkpoint("h2"));
        bytes memory firstSignature = _sign(first);
        bytes memory secondSignature = _sign(second);
        vm.prank(reporter);
        slashing.reportCheckpointEquivocation(first, firstSignature, second, secondSignature);
        assertGas("S1, checkpoints", 80_000);
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }

    function test_S2() public {
        (Receipt memory first, Receipt memory second) = (receiptOf(1), receiptOf(2));
        bytes memory firstSignature = signReceipt(first, GATEWAY_KEY);
        bytes memory secondSignature = signReceipt(second, GATEWAY_KEY);
        vm.prank(reporter);
        slashing.reportReceiptEquivocation(first, firstSignature, second, secondSignature);
        assertGas("S2", 155_000);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S3() public {
        Receipt memory receipt = receiptOf(1);
        receipt.cost = 1_000_240;
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.prank(reporter);
        slashing.reportOvercharge(receipt, signature, priceSheet());
        assertGas("S3", 95_000);
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE - 10_000_000);
    }

    function test_S4() public {
        Receipt memory receipt = _promised(1);
        Receipt memory broken = _promised(2);
        bytes32 digest = verifier.digestOf(receipt);
        bytes32 brokenDigest = verifier.digestOf(broken);
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        bytes memory brokenSignature = signReceipt(broken, GATEWAY_KEY);
        for (uint256 i = 0; i < 4_095; ++i) {
            _digests.push(keccak256(abi.encode(i)));
        }
        _digests.push(digest);
        bytes32 root = Merkle.rootOf(_digests);
        bytes32[] memory proof = Merkle.proofOf(_digests, 4_095);
        vm.prank(gateway);
        receiptAnchor.anchor(root, 4_096, 0);
        vm.warp(receipt.anchorBy + 1);

        vm.prank(reporter);
        inclusion.challenge(receipt, signature);
        assertGas("S4, challenge", 155_000);
        inclusion.answer(digest, root, proof);
        assertGas("S4, answer among 4096", 50_000);
        vm.prank(reporter);
        inclusion.challenge(broken, brokenSignature);
        vm.warp(block.timestamp + 24 hours + 1);
        inclusion.conclude(brokenDigest);
        assertGas("S4, conclude", 80_000);
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE - PROMISE_PENALTY);
    }

    function test_S5() public {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 3 | 16;
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        vm.prank(reporter);
        slashing.reportFalseTier(receipt, signature, 16);
        assertGas("S5", 120_000);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S5_of_a_proof_that_nobody_shows() public {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 3 | 64;
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        asset.mint(reporter, PROOF_BOND);
        vm.prank(reporter);
        asset.approve(address(slashing), PROOF_BOND);
        vm.prank(reporter);
        slashing.requestProof(receipt, signature);
        assertGas("S5, request of a proof", 160_000);
        vm.warp(block.timestamp + 1 days + 1);
        slashing.reportFalseTier(receipt, signature, 64);
        assertGas("S5, no proof shown", 150_000);
        vm.assertEq(gateways.operators(gateway).stake, 0);
    }

    function test_S6_and_the_payment_of_a_reporter() public {
        JobTerms memory terms = jobTerms();
        asset.mint(client, terms.maxFee);
        vm.startPrank(client);
        asset.approve(address(coordinator), terms.maxFee);
        bytes32 jobId = coordinator.request(terms, INPUT);
        vm.stopPrank();
        vm.prank(contributor);
        coordinator.accept(jobId);
        vm.warp(block.timestamp + terms.deliveryTime + 1);
        vm.prank(reporter);
        slashing.reportNonDelivery(jobId);
        assertGas("S6", 75_000);
        contributors.payForfeit(keccak256(abi.encode("S6", address(coordinator), jobId)));
        assertGas("payForfeit, first of both receivers", 95_000);
        vm.assertEq(asset.balanceOf(reporter), NON_DELIVERY_PENALTY / 5);
    }

    function _promised(uint256 salt) private view returns (Receipt memory receipt) {
        receipt = receiptOf(salt);
        receipt.anchorBy = START_S + 600;
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

    function _sign(Checkpoint memory checkpoint) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(CHECKPOINT_TYPEHASH, checkpoint));
        bytes32 separator = ReceiptDomain.separator(address(verifier));
        return signatureOf(CONTRIBUTOR_KEY, TypedData.digest(separator, structHash));
    }
}

/// forge-config: default.isolate = true
contract PanelGasTest is GasCeilings, JobFixture {
    bytes32 private constant SALT = "salt";

    ReexecutionPanel private _panel;
    bytes32 private _digest;

    function setUp() public {
        setUpJobs();
        vm.roll(1_000);
        vm.warp(START_S + 100);
    }

    function slashersOf() internal override returns (address[] memory list) {
        _panel = new ReexecutionPanel(
            PanelTerms({
                contributors: contributors,
                receiptAnchor: receiptAnchor,
                verifier: verifier,
                memberBond: 100e6,
                accuserBond: 30e6,
                silenceFine: 5e6,
                slashBps: 1_000
            })
        );
        list = new address[](3);
        list[0] = address(slashing);
        list[1] = address(inclusion);
        list[2] = address(_panel);
    }

    function test_S7_from_the_accusation_to_the_slash_after_an_appeal() public {
        for (uint160 i = 0; i < 12; ++i) {
            _fund(address(0xE000 + i), 100e6);
            vm.prank(address(0xE000 + i));
            _panel.enroll();
        }
        assertGas("S7, enroll", 90_000);
        _fund(reporter, 30e6);
        Receipt memory receipt = receiptOf(1);
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        _digest = verifier.digestOf(receipt);
        vm.prank(reporter);
        _panel.accuse(receipt, contributorSignature, gatewaySignature);
        assertGas("S7, accuse", 225_000);
        _round(0, "S7, draw 3 of 12", 260_000, "S7, tally 3");
        _fund(contributor, 60e6);
        vm.prank(contributor);
        _panel.appeal(_digest);
        assertGas("S7, appeal", 75_000);
        _round(1, "S7, draw 7 of 12", 480_000, "S7, tally 7");
        _panel.conclude(_digest);
        assertGas("S7, conclude after an appeal", 450_000);
        vm.prank(reporter);
        _panel.withdraw(reporter);
        assertGas("S7, withdraw", 80_000);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - MIN_STAKE / 10);
    }

    function _round(uint8 round, string memory drawn, uint256 ceiling, string memory tallied)
        private
    {
        vm.roll(block.number + 3);
        _panel.draw(_digest);
        assertGas(drawn, ceiling);
        address[] memory jury = _panel.juryOf(_digest, round);
        for (uint256 i = 0; i < jury.length; ++i) {
            bytes32 vote = _panel.voteCommitment(_digest, round, jury[i], true, SALT);
            vm.prank(jury[i]);
            _panel.commitVote(_digest, vote);
        }
        assertGas("S7, vote", 56_000);
        vm.warp(block.timestamp + 12 hours + 1);
        for (uint256 i = 0; i < jury.length; ++i) {
            vm.prank(jury[i]);
            _panel.revealVote(_digest, true, SALT);
        }
        assertGas("S7, reveal", 40_000);
        vm.warp(block.timestamp + 12 hours);
        _panel.tally(_digest);
        assertGas(tallied, 76_000);
    }

    function _fund(address account, uint256 amount) private {
        asset.mint(account, amount);
        vm.prank(account);
        asset.approve(address(_panel), amount);
    }
}
