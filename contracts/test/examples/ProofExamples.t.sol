// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceFeed, VolatilityFund} from "../../src/examples/VolatilityFund.sol";
import {RiskGate} from "../../src/examples/RiskGate.sol";
import {ScoredBoard} from "../../src/examples/ScoredBoard.sol";
import {ModelProofs} from "../../src/proofs/ModelProofs.sol";
import {PROOF_PACKED} from "../../src/types/ModelCircuit.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {ModelFixture} from "../support/ModelFixture.sol";
import {ReceiptFixture} from "../support/ReceiptFixture.sol";
import {vm} from "../support/Vm.sol";

contract StoredPrice is IPriceFeed {
    uint128 public latestPrice;

    function set(uint128 price) external {
        latestPrice = price;
    }
}

contract VolatilityFundTest is ModelFixture {
    VolatilityFund private _fund;
    StoredPrice private _feed;
    uint256 private _day;

    function setUp() public {
        models = new ModelProofs();
        _feed = new StoredPrice();
        bytes32 modelId = registerModel("vol", PROOF_PACKED, 16, 1);
        _fund = new VolatilityFund(models, modelId, _feed, 16, 12);
        vm.warp(1_800_000_000);
        // Up and down by a tenth, seventeen days.
        for (uint256 i = 0; i < 17; ++i) {
            _feed.set(i % 2 == 0 ? 1_000 : 1_100);
            _fund.see();
            if (i != 16) vm.warp(block.timestamp + 1 days);
        }
        _day = block.timestamp / 1 days;
    }

    function test_the_window_is_what_the_contract_saw() public view {
        int256[] memory returns_ = _fund.returnsUntil(_day);
        vm.assertEq(returns_.length, 16);
        vm.assertEq(uint256(returns_[0]), 10 * 65_536);
        vm.assertEq(uint256(-returns_[1]), uint256(655_360_000) / 1_100);
    }

    function test_the_fee_follows_a_proven_volatility() public {
        int256 volatility = 3 * 4_096; // 3 %
        _fund.setFee(volatility, packedProof("vol", _fund.returnsUntil(_day), list(volatility)));
        vm.assertEq(_fund.feeBps(), 30);
        _fund.setFee(-1, packedProof("vol", _fund.returnsUntil(_day), list(-1)));
        vm.assertEq(_fund.feeBps(), 10);
        volatility = 1_000 * 4_096;
        _fund.setFee(volatility, packedProof("vol", _fund.returnsUntil(_day), list(volatility)));
        vm.assertEq(_fund.feeBps(), 500);
    }

    function test_nobody_chooses_the_fee() public {
        int256[] memory window = _fund.returnsUntil(_day);
        bytes memory proof = packedProof("vol", window, list(4_096));
        // Another output, and another window: of yesterday, or of the prover's own making.
        _refuse(4_097, proof);
        window[3] += 1;
        _refuse(4_096, packedProof("vol", window, list(4_096)));
        _refuse(4_096, packedProof("another model", _fund.returnsUntil(_day), list(4_096)));
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(VolatilityFund.WindowIncomplete.selector, _day + 1));
        _fund.setFee(4_096, proof);
        _fund.see();
        _refuse(4_096, proof);
        vm.expectRevert(abi.encodeWithSelector(VolatilityFund.AlreadySeen.selector, _day + 1));
        _fund.see();
    }

    function _refuse(int256 volatility, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(VolatilityFund.ProofRefused.selector, volatility));
        _fund.setFee(volatility, proof);
    }
}

contract RiskGateTest is ModelFixture {
    address private constant INDEXER = address(0x1DE);
    address private constant WALLET = address(0x3A11E7);

    RiskGate private _gate;

    function setUp() public {
        models = new ModelProofs();
        _gate = new RiskGate(models, registerModel("risk", PROOF_PACKED, 2, 1), INDEXER, 30);
        vm.warp(1_800_000_000);
        _describe(list(980, 35));
    }

    function test_a_wallet_passes_with_a_proven_low_score_for_a_day() public {
        _gate.pass(WALLET, 30, _proof("risk", list(980, 35), 30)); // by anybody
        vm.prank(WALLET);
        vm.assertTrue(_gate.act());
        vm.warp(block.timestamp + 1 days);
        vm.prank(WALLET);
        vm.assertTrue(_gate.act());
        vm.warp(block.timestamp + 1);
        _refuseToAct(WALLET);
    }

    function test_no_other_proof_lets_it_pass() public {
        _refuse(29, _proof("risk", list(980, 35), 30)); // another score
        _refuse(30, _proof("risk", list(980, 36), 30)); // of somebody who looks better
        _refuse(30, _proof("another model", list(980, 35), 30));
        bytes memory proof = _proof("risk", list(980, 35), 31);
        vm.expectRevert(abi.encodeWithSelector(RiskGate.ScoreTooHigh.selector, 31, 30));
        _gate.pass(WALLET, 31, proof);
        proof = _proof("risk", list(980, 35), 30);
        vm.expectRevert();
        _gate.pass(address(0xBAD), 30, proof); // whom nobody described
        _refuseToAct(WALLET);
    }

    function test_a_new_description_needs_a_new_score_and_an_old_one_none() public {
        bytes memory proof = _proof("risk", list(980, 35), 30);
        _gate.pass(WALLET, 30, proof);
        _describe(list(3, 2_000));
        _refuseToAct(WALLET);
        _refuse(30, proof);
        _describe(list(980, 35));
        vm.warp(block.timestamp + 1 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                RiskGate.DescriptionTooOld.selector, WALLET, block.timestamp - 1 days - 1
            )
        );
        _gate.pass(WALLET, 30, proof);
        vm.expectRevert(
            abi.encodeWithSelector(RiskGate.SenderNotIndexer.selector, address(this), INDEXER)
        );
        _gate.describe(WALLET, "whatever suits");
    }

    function _describe(int256[] memory features) private {
        bytes32 inputHash = sha256(abi.encode(features));
        vm.prank(INDEXER);
        _gate.describe(WALLET, inputHash);
    }

    function _proof(bytes32 tag, int256[] memory features, int256 score)
        private
        pure
        returns (bytes memory)
    {
        return abi.encode(features, list(score), packedProof(tag, features, list(score)));
    }

    function _refuse(int256 score, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(RiskGate.ProofRefused.selector, WALLET, score));
        _gate.pass(WALLET, score, proof);
    }

    function _refuseToAct(address wallet) private {
        vm.expectRevert(abi.encodeWithSelector(RiskGate.NotPassed.selector, wallet));
        vm.prank(wallet);
        _gate.act();
    }
}

contract ScoredBoardTest is ModelFixture, ReceiptFixture {
    ScoredBoard private _board;
    bytes32 private _modelId;

    function setUp() public {
        setUpReceipts();
        models = new ModelProofs();
        _modelId = registerModel("score", PROOF_PACKED, 2, 1);
        _board = new ScoredBoard(models, verifier, _modelId, gateway, 0);
        vm.warp(START_S + 100);
    }

    function test_a_post_stands_on_a_receipt_and_a_proof_once() public {
        ScoredBoard.Answer memory answer = _answer(-7);
        bytes32 digest = verifier.digestOf(answer.receipt);
        vm.expectEmit(address(_board));
        emit ScoredBoard.Posted(client, digest, "hello", answer.receipt.work.inputHash);
        vm.prank(client);
        _board.post("hello", answer);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ReceiptUsed.selector, digest));
    }

    function test_a_high_score_is_not_published() public {
        _refuse(_answer(1), abi.encodeWithSelector(ScoredBoard.ScoreTooHigh.selector, 1, 0));
    }

    function test_neither_receipt_nor_proof_does_alone() public {
        ScoredBoard.Answer memory answer = _answer(-7);
        bytes memory proof = answer.proof;
        bytes32 digest = verifier.digestOf(answer.receipt);
        answer.proof = _proof("another model", list(1, 2), -7);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ProofRefused.selector, digest));
        answer.proof = _proof("score", list(1, 3), -7);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ProofRefused.selector, digest));
        answer.proof = proof;
        answer.gatewaySignature = signReceipt(answer.receipt, OTHER_KEY);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ReceiptRefused.selector, digest));
        // A score that the receipt does not have, and a receipt that claims no proof.
        answer = _answer(-7);
        answer.logOdds = -8;
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ReceiptRefused.selector, digest));
        answer = _answer(-7);
        answer.receipt.tiers = 3;
        answer.gatewaySignature = signReceipt(answer.receipt, GATEWAY_KEY);
        digest = verifier.digestOf(answer.receipt);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ReceiptRefused.selector, digest));
    }

    function test_a_receipt_is_its_client_s_and_of_the_last_hour() public {
        ScoredBoard.Answer memory answer = _answer(-7);
        vm.expectRevert(
            abi.encodeWithSelector(ScoredBoard.ReceiptOfOther.selector, client, address(this))
        );
        _board.post("hello", answer);
        vm.warp(answer.receipt.work.finishedAt + 1 hours + 1);
        bytes32 digest = verifier.digestOf(answer.receipt);
        _refuse(answer, abi.encodeWithSelector(ScoredBoard.ReceiptRefused.selector, digest));
    }

    function _answer(int256 logOdds) private view returns (ScoredBoard.Answer memory answer) {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 1 | 2 | 64;
        receipt.work.modelId = _modelId;
        receipt.work.inputHash = sha256(abi.encode(list(1, 2)));
        receipt.work.contentHash = keccak256(abi.encode(list(logOdds)));
        answer.logOdds = logOdds;
        answer.receipt = receipt;
        answer.contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        answer.gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        answer.proof = _proof("score", list(1, 2), logOdds);
    }

    function _proof(bytes32 tag, int256[] memory embedding, int256 logOdds)
        private
        pure
        returns (bytes memory)
    {
        return abi.encode(embedding, list(logOdds), packedProof(tag, embedding, list(logOdds)));
    }

    function _refuse(ScoredBoard.Answer memory answer, bytes memory revertData) private {
        vm.expectRevert(revertData);
        vm.prank(client);
        _board.post("hello", answer);
    }
}
